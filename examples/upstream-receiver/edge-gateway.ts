import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Buffer, Context, Sample } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { drain } from "@headgate/sync/drain";
import { mqttUplink } from "@headgate/sync/uplink";
import { again, contextOf } from "./again.ts";

const CAPACITY = { capacityBytesMax: 2 ** 30, mediaCapacityBytesMax: 2 ** 20 };
const UPLINK = "cloud";

/** Which gateway, and where its samples go. */
export interface EdgeOptions {
  readonly id: string;
  readonly shard: string;
  readonly folder: string;
  /** Of the broker's nodes: the first that answers is taken. */
  readonly mqttUrls: readonly string[];
  readonly pointCount: number;
}

/** The buffer, drain and uplink of a gateway; its samples are made up, and numbered. */
export class EdgeGateway {
  readonly id: string;
  readonly shard: string;
  readonly pointCount: number;
  readonly buffer: Buffer;
  readonly #pointIds: readonly string[];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  /** Samples of each point that are durable. */
  roundCount = 0;
  #appending: Promise<void> = Promise.resolve();

  private constructor(options: EdgeOptions, buffer: Buffer, pointIds: readonly string[]) {
    this.id = options.id;
    this.shard = options.shard;
    this.pointCount = options.pointCount;
    this.buffer = buffer;
    this.#pointIds = pointIds;
    const context = contextOf(this.#stopping.signal, options.id, join(options.folder, options.id));
    this.#ended = again((at) => this.#session(options, context, at), context);
  }

  static async open(options: EdgeOptions): Promise<EdgeGateway> {
    const directory = join(options.folder, options.id);
    mkdirSync(directory, { recursive: true });
    const pointIds = Array.from({ length: options.pointCount }, (_, at) => `line-1/p${at}`);
    const context = contextOf(new AbortController().signal, options.id, directory);
    const buffer = await openBuffer(
      { directory, ...CAPACITY, commitIntervalMs: 500, uplinkIds: [UPLINK], pointIds },
      context,
    );
    return new EdgeGateway(options, buffer, pointIds);
  }

  /** Takes `rounds` samples of each point: the n-th has the value n. Resolves when durable. */
  async produce(rounds: number): Promise<void> {
    const before = this.#appending;
    this.#appending = before.then(() => this.#append(rounds));
    return this.#appending;
  }

  async #append(rounds: number): Promise<void> {
    const nowMs = Date.now();
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round++) {
      const value = this.roundCount + round;
      const timestampMs = nowMs + round;
      for (const pointId of this.#pointIds) {
        samples.push({ pointId, timestampMs, quality: "good", value });
      }
    }
    await this.buffer.append(samples);
    this.roundCount += rounds;
  }

  /** Blocks that no receiver has acknowledged. */
  get backlog(): number {
    const { epochs, cursors } = this.buffer.status();
    const acked = cursors.get(UPLINK) ?? [];
    return epochs
      .filter(({ isCurrent }) => isCurrent)
      .reduce((sum, { stream, epoch, headSeq }) => {
        const own = acked.filter((range) => range.stream === stream && range.epoch === epoch);
        return sum + headSeq - own.reduce((count, { first, last }) => count + last - first + 1, 0);
      }, 0);
  }

  async #session(options: EdgeOptions, context: Context, at: number): Promise<void> {
    const { id, shard, mqttUrls } = options;
    const first = Number(/\d+$/.exec(id)?.[0] ?? 0);
    const url = mqttUrls[(first + at) % mqttUrls.length] ?? "";
    const config = mqttUplink.configSchema.parse({ url, shard, protocol: "3.1.1" });
    const port = {
      gatewayId: id,
      uplinkId: UPLINK,
      standing: () => this.buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
      pointList: (hash: string) => this.buffer.pointList(hash),
    };
    const session = await mqttUplink.open(config, port, context);
    try {
      await drain({ uplinkId: UPLINK, buffer: this.buffer, session }, context, () => {});
    } finally {
      await session.close();
    }
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.buffer.close();
  }
}
