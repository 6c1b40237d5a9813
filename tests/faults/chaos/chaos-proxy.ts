import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Rng } from "../../simulation/rng.ts";
import { type Packet, PacketCutter } from "./packets.ts";

/** From the client to the broker, or back. */
export type Way = "up" | "down";

/** What becomes of one packet: these bytes go on, in this order; none if it is lost. */
export type Weather = (packet: Packet, link: ChaosLink, way: Way) => readonly Uint8Array[];

/** Lets every packet pass. */
export const FAIR: Weather = ({ bytes }) => [bytes];

/** One connection of a client through the proxy. */
export class ChaosLink {
  /** Nothing is forwarded any more, and nobody is told: half-open. */
  isMute = false;
  /** Until then nothing is forwarded; then all of it. */
  stalledUntilMs = 0;
  /** Kept back by a weather for the packet after it. */
  held: Uint8Array | null = null;
  readonly #sockets: Readonly<Record<Way, Socket>>;
  readonly #proxy: ChaosProxy;
  #tails: Record<Way, Promise<void>> = { up: Promise.resolve(), down: Promise.resolve() };

  constructor(client: Socket, broker: Socket, proxy: ChaosProxy) {
    this.#proxy = proxy;
    this.#sockets = { up: broker, down: client };
    this.#pump(client, "up");
    this.#pump(broker, "down");
  }

  /** Ends both sides at once, with a reset. */
  reset(): void {
    for (const socket of Object.values(this.#sockets)) socket.resetAndDestroy();
  }

  /** Sends bytes of one's own. */
  send(way: Way, bytes: Uint8Array): void {
    this.#tails[way] = this.#tails[way].then(() => this.#write(way, bytes));
  }

  #pump(from: Socket, way: Way): void {
    const to = this.#sockets[way];
    const cutter = new PacketCutter();
    from.on("data", (chunk: Buffer) => {
      if (this.isMute) return;
      for (const packet of cutter.take(chunk)) {
        for (const bytes of this.#proxy.weather(packet, this, way)) this.send(way, bytes);
      }
    });
    // What one side does, the other is told, except in a half-open connection.
    from.on("close", () => {
      if (this.isMute) return;
      void this.#tails[way].then(() => to.destroy());
      this.#proxy.forget(this);
    });
    from.on("error", () => from.destroy());
  }

  async #write(way: Way, bytes: Uint8Array): Promise<void> {
    while (this.stalledUntilMs > performance.now()) await pause(20);
    const to = this.#sockets[way];
    for (const piece of this.#proxy.piecesOf(bytes)) {
      if (this.isMute || to.destroyed) return;
      to.write(piece);
      const { bytesPerSecond } = this.#proxy;
      if (bytesPerSecond > 0) await pause((1000 * piece.length) / bytesPerSecond);
      else if (this.#proxy.isSplitting) await pause(1);
    }
  }
}

/** A TCP proxy before a broker that knows MQTT packets and makes seeded trouble with them. */
export class ChaosProxy {
  weather: Weather = FAIR;
  /** 0: as fast as it goes. */
  bytesPerSecond = 0;
  /** Packets arrive in pieces, and several in one. */
  isSplitting = false;
  url = "";
  readonly #rng: Rng;
  readonly #server: Server;
  readonly #links = new Set<ChaosLink>();

  private constructor(port: number, seed: number) {
    this.#rng = new Rng(seed);
    this.#server = createServer((client) => {
      const broker = connect(port, "127.0.0.1");
      for (const socket of [client, broker]) socket.setNoDelay(true);
      this.#links.add(new ChaosLink(client, broker, this));
    });
  }

  static async start(brokerPort: number, seed: number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(brokerPort, seed);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    const address = proxy.#server.address();
    proxy.url = `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    return proxy;
  }

  get links(): readonly ChaosLink[] {
    return [...this.#links];
  }

  forget(link: ChaosLink): void {
    this.#links.delete(link);
  }

  /** Everything as it should be, for connections to come and those that still speak. */
  calm(): void {
    this.weather = FAIR;
    this.bytesPerSecond = 0;
    this.isSplitting = false;
  }

  /** A packet in pieces, where that is the weather. */
  piecesOf(bytes: Uint8Array): Uint8Array[] {
    if (!this.isSplitting && this.bytesPerSecond === 0) return [bytes];
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + this.#rng.between(1, this.isSplitting ? 700 : 1400));
      pieces.push(bytes.subarray(from, to));
      from = to;
    }
    return pieces;
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.reset();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
