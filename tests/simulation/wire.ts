import type { World } from "./world-parts.ts";

const never = new AbortController().signal;

/** What a client sends. */
export type Up =
  | { readonly kind: "publish"; readonly id: number; readonly message: Message }
  | { readonly kind: "subscribe"; readonly id: number; readonly filters: readonly string[] }
  | { readonly kind: "puback"; readonly id: number }
  | { readonly kind: "ping" }
  | { readonly kind: "disconnect" };

/** What a broker sends. */
export type Down =
  | { readonly kind: "publish"; readonly id: number; readonly message: Message }
  | { readonly kind: "suback" | "puback"; readonly id: number; readonly code: number }
  | { readonly kind: "disconnect"; readonly code: number }
  | { readonly kind: "pong" };

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/** One direction of a connection: in order, delayed, and only as fast as the line is thick. */
class Pipe<Packet extends Up | Down> {
  readonly #world: World;
  readonly #deliver: (packet: Packet) => void;
  #freeAtMs = 0;
  #arrivesAtMs = 0;

  constructor(world: World, deliver: (packet: Packet) => void) {
    this.#world = world;
    this.#deliver = deliver;
  }

  send(packet: Packet): void {
    const { clock, rng, sky } = this.#world;
    const nowMs = clock.monotonicMs();
    const { bytesPerSecond, delayMsMax } = sky.weather;
    const sendingMs = (1000 * bytesOf(packet)) / bytesPerSecond;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + sendingMs;
    const earliestMs = Math.ceil(this.#freeAtMs + rng.between(2, delayMsMax));
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, earliestMs);
    const arriving = clock.sleep(this.#arrivesAtMs - nowMs, never);
    void arriving.then(() => this.#deliver(packet));
  }
}

/** Who listens at one end. */
export interface End<Packet> {
  took(packet: Packet): void;
  /** The other end closed, or the line was cut. */
  closed(): void;
}

/** A TCP connection from a client to the broker. */
export class Connection {
  readonly #up: Pipe<Up>;
  readonly #down: Pipe<Down>;
  readonly #world: World;
  #state: "open" | "half-open" | "closed" = "open";
  client: End<Down> | null = null;
  broker: End<Up> | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#up = new Pipe(world, (packet) => {
      if (this.#state === "open") this.broker?.took(packet);
    });
    this.#down = new Pipe(world, (packet) => {
      if (this.#state === "open") this.client?.took(packet);
    });
  }

  toBroker(packet: Up): void {
    if (this.#state === "open") this.#up.send(packet);
  }

  toClient(packet: Down): void {
    if (this.#state === "open") this.#down.send(packet);
  }

  /** Nothing passes any more, and nobody is told. */
  halve(): void {
    if (this.#state === "open") this.#state = "half-open";
  }

  /** Ends it; the ends hear of it a little later, or never where nothing passes. */
  close(): void {
    const hears = this.#state === "open";
    if (this.#state === "closed") return;
    this.#state = "closed";
    if (!hears) return;
    const { clock, rng } = this.#world;
    const { client, broker } = this;
    void clock.sleep(rng.between(1, 50), never).then(() => {
      client?.closed();
      broker?.closed();
    });
  }
}

function bytesOf(packet: Up | Down): number {
  if (packet.kind !== "publish") return 8;
  return packet.message.payload.length + packet.message.topic.length + 8;
}
