import { type Clock, Unreachable } from "@headgate/model";
import type { MqttLink } from "./mqtt-link.ts";

/** Messages of ours the broker has not acknowledged; what is beyond waits for its next turn. */
const IN_FLIGHT_MAX = 20;
/** The broker has lost interest, or the line is half open. */
const ANSWER_MS_MAX = 15_000;

/** A message of the receiver's own. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

interface OutboxOptions {
  readonly link: MqttLink;
  readonly clock: Clock;
  /** Called once the broker does not take a message. */
  readonly onLost: (error: Unreachable) => void;
}

/** Sends acks and requests without holding up commits. */
export class Outbox {
  readonly #options: OutboxOptions;
  #inFlightCount = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#inFlightCount >= IN_FLIGHT_MAX;
  }

  /** Resolves when the broker has it, or is lost. Never rejects. */
  async send({ topic, payload, retain }: Outgoing): Promise<void> {
    const { link, clock, onLost } = this.#options;
    const answered = new AbortController();
    this.#inFlightCount++;
    void clock.sleep(ANSWER_MS_MAX, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      onLost(new Unreachable(`publish to broker: no answer within ${ANSWER_MS_MAX} ms`));
    });
    try {
      await link.publish(topic, payload, { retain });
    } catch (cause) {
      const why = "the broker does not take our messages; check rights and network";
      onLost(new Unreachable(`publish to broker: ${why}`, { cause }));
    } finally {
      answered.abort();
      this.#inFlightCount--;
    }
  }
}
