import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, type Seq, type Stream, Unreachable } from "@headgate/model";
import { type BufferOptions, openBuffer } from "@headgate/sync/buffer";
import { drain } from "@headgate/sync/drain";
import { openSqliteStore, type ReceiveOptions, receive } from "@headgate/sync/receiver";
import { mqttUplink } from "@headgate/sync/uplink";
import { contextOf } from "./made-blocks.ts";
import { Mosquitto } from "./mosquitto.ts";

const CAPACITY = {
  capacityBytesMax: 64 * 1024 * 1024,
  mediaCapacityBytesMax: 64 * 1024 * 1024,
};
const LOOK_MS = 20;

/** A broker that can be killed. */
export type Broker = Pick<Mosquitto, "port" | "url" | "kill" | "restart" | "stop">;

/** The way from a buffer on disk over a broker into a receiver's store, for gateway `g-1`. */
export class WholeLine {
  readonly broker: Broker;
  readonly buffer: Buffer;
  readonly folder: string;
  /** Resolves once the receiver started last is subscribed: what is published then reaches it. */
  receiverSubscribed: Promise<void> = Promise.resolve();
  /** How often the uplink came up. */
  sessionCount = 0;
  readonly #stopping: AbortController;
  readonly #parts: Promise<void>[] = [];

  constructor(made: Pick<WholeLine, "broker" | "buffer" | "folder">, stopping: AbortController) {
    this.broker = made.broker;
    this.buffer = made.buffer;
    this.folder = made.folder;
    this.#stopping = stopping;
  }

  /** Over a mosquitto of its own, unless a broker is given. */
  static async start(
    pointIds: readonly string[],
    given?: Broker,
    options: Partial<BufferOptions> = {},
  ): Promise<WholeLine> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-whole-"));
    const broker = given ?? (await Mosquitto.start());
    const stopping = new AbortController();
    const directory = join(folder, "buffer");
    const buffer = await openBuffer(
      { directory, ...CAPACITY, commitIntervalMs: 20, uplinkIds: ["cloud"], pointIds, ...options },
      contextOf(stopping.signal),
    );
    return new WholeLine({ broker, buffer, folder }, stopping);
  }

  /** The receiver's store. */
  get storePath(): string {
    return join(this.folder, "received.db");
  }

  startUplink(format: string, settings: object = {}): void {
    const { buffer, broker } = this;
    const whole = { url: broker.url, format, ackTimeout: "2 s", ...settings };
    const config = mqttUplink.configSchema.parse(whole);
    const port = {
      gatewayId: "g-1",
      uplinkId: "cloud",
      standing: () => buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
      pointList: (hash: string) => buffer.pointList(hash),
    };
    const context = contextOf(this.#stopping.signal);
    const attempt = async () => {
      const session = await mqttUplink.open(config, port, context);
      this.sessionCount++;
      try {
        const job = { uplinkId: "cloud", buffer, session, ackTimeoutMs: 1000 };
        await drain(job, context, () => {});
      } finally {
        await session.close();
      }
    };
    this.#parts.push(this.#again(attempt));
  }

  /** Returns what stops it alone; its store is closed when that resolves. */
  startReceiver(given: Partial<ReceiveOptions> = {}): () => Promise<void> {
    const stopping = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, stopping.signal]);
    const store = openSqliteStore(this.storePath);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.receiverSubscribed = promise;
    const options = { url: this.broker.url, gapTimeoutMs: 500, ...given, store };
    const attempt = () => receive(options, contextOf(signal), resolve);
    const ended = this.#again(attempt, signal).finally(() => store.close());
    this.#parts.push(ended);
    return () => {
      stopping.abort();
      return ended;
    };
  }

  /** Resolves once all of a stream up to now, or to `last`, is acknowledged. */
  async untilDelivered(stream: Stream = "main", last?: Seq, withinMs = 60_000): Promise<void> {
    const deadlineMs = Date.now() + withinMs;
    for (;;) {
      const { epochs, cursors } = this.buffer.status();
      const head = epochs.find((one) => one.stream === stream && one.isCurrent);
      const cursor = (cursors.get("cloud") ?? []).filter(({ epoch }) => epoch === head?.epoch);
      const [whole, ...others] = cursor;
      const isFromStart = (whole?.first ?? Infinity) <= Math.max(1, head?.tailSeq ?? 1);
      const isWhole = others.length === 0 && isFromStart;
      if (isWhole && whole?.last === (last ?? head?.headSeq)) return;
      if (Date.now() > deadlineMs) throw new Error(`not delivered: ${JSON.stringify(cursor)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Ends uplink and receiver, in peace: the store is closed when it resolves. */
  async stopParts(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#parts);
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#parts);
    await this.buffer.close();
    await this.broker.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Tries again and again, as the supervisor does. */
  async #again(
    attempt: () => Promise<void>,
    signal: AbortSignal = this.#stopping.signal,
  ): Promise<void> {
    const { clock } = contextOf(signal);
    while (!signal.aborted) {
      try {
        await attempt();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
      }
      await clock.sleep(50, signal);
    }
  }
}
