import type { World } from "./world-parts.ts";

const never = new AbortController().signal;

/** Who listens on either side of the broker at the moment. */
export interface Ends {
  gateway: ((message: Message) => void) | null;
  receiver: ((payloads: readonly Uint8Array[]) => void) | null;
}

/** What the receiver says. */
export interface Message {
  readonly kind: "ack" | "request";
  readonly payload: Uint8Array;
}

/** A broker that loses, delays, doubles and overtakes messages, but keeps the last ack. */
export class Network {
  readonly ends: Ends = { gateway: null, receiver: null };
  readonly #world: World;
  #retained: Message | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** To whoever receives when it arrives. */
  toReceiver(payloads: readonly Uint8Array[]): void {
    this.#carry(() => this.ends.receiver?.(payloads));
  }

  /** To the session that is open when it arrives. */
  toGateway(message: Message): void {
    if (message.kind === "ack") this.#retained = message;
    this.#carry(() => this.ends.gateway?.(message));
  }

  /** A session of the gateway has subscribed: the broker tells it the retained ack. */
  subscribe(hear: (message: Message) => void): void {
    this.ends.gateway = hear;
    if (this.#retained) hear(this.#retained);
  }

  #carry(deliver: () => void): void {
    const { rng, sky, clock, oracle } = this.#world;
    const { messageLost, messageTwice, delayMsMax } = sky.weather;
    const isLost = rng.chance(messageLost);
    const copies = rng.chance(messageTwice) ? 2 : 1;
    if (isLost) oracle.note("a message is lost");
    for (let copy = 0; copy < copies && !isLost; copy++) {
      void clock.sleep(rng.between(5, delayMsMax), never).then(deliver);
    }
  }
}
