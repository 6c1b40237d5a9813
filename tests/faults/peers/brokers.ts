import { Mosquitto } from "../../integration/peers/mosquitto.ts";
import { startAedes } from "./aedes.ts";
import type { Broker } from "./broker.ts";
import { startNats } from "./nats.ts";
import { startRabbit } from "./rabbit.ts";

/** A broker to try, and how to speak to it. */
export interface BrokerKind {
  readonly protocol: "5" | "3.1.1";
  /** A `kill -9` costs it messages that it had acknowledged. */
  readonly isForgetful: boolean;
  /** It costs it its subscribers, too. */
  readonly forgetsSubscribers?: boolean;
  start(): Promise<Broker>;
}

export const BROKERS = {
  "mosquitto 5": {
    protocol: "5",
    isForgetful: true,
    start: () => Mosquitto.start({ isPersistent: true }),
  },
  "mosquitto 3.1.1": {
    protocol: "3.1.1",
    isForgetful: true,
    start: () => Mosquitto.start({ isPersistent: true }),
  },
  "mosquitto, no files": {
    protocol: "5",
    isForgetful: true,
    forgetsSubscribers: true,
    start: () => Mosquitto.start(),
  },
  nats: { protocol: "3.1.1", isForgetful: true, start: startNats },
  rabbitmq: { protocol: "3.1.1", isForgetful: true, start: startRabbit },
  aedes: { protocol: "3.1.1", isForgetful: true, forgetsSubscribers: true, start: startAedes },
} satisfies Record<string, BrokerKind>;

export type BrokerName = keyof typeof BROKERS;
