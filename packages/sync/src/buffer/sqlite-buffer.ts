import {
  type BlockRange,
  type Buffer,
  type BufferStatus,
  type Context,
  type Entry,
  type Media,
  type PointList,
  type ReadLimits,
  type Sample,
  type Seq,
  type Stream,
  Unreachable,
} from "@headgate/model";
import { encodeEpochBody } from "../block/epoch-body.ts";
import { CommitLoop } from "./commit-loop.ts";
import { newEpochId } from "./epoch-id.ts";
import type { Ledger } from "./ledger.ts";
import { MediaIntake } from "./media-intake.ts";
import { BLOCK_BYTES_MAX, type BufferOptions } from "./options.ts";
import { readEntries } from "./read-entries.ts";
import { SampleIntake } from "./sample-intake.ts";
import { StoreFault } from "./store-fault.ts";
import type { StoreLink } from "./store-link.ts";

/** Samples packed before others get their turn: keeps the event loop free. */
const SAMPLES_PER_SLICE = 16_384;

/** Point lists kept at hand; others are asked of the database. */
const POINT_LISTS_MAX = 16;

interface Delivery {
  readonly samples: readonly Sample[];
  at: number;
  resolve(seq: Seq): void;
  reject(error: unknown): void;
}

/** The durable buffer: packs here, stores in a worker thread. */
export class SqliteBuffer implements Buffer {
  readonly #options: BufferOptions;
  readonly #context: Context;
  readonly #link: StoreLink;
  readonly #ledger: Ledger;
  readonly #loop: CommitLoop;
  readonly #intake: SampleIntake;
  readonly #media: MediaIntake;
  readonly #lists = new Map<string, PointList>();
  readonly #deliveries: Delivery[] = [];
  /** Of deliveries whose last sample is in the block being filled; their samples may go. */
  #open: Pick<Delivery, "resolve" | "reject">[] = [];
  #isPumping = false;
  #appendedCount = 0;
  #closing: Promise<void> | null = null;

  constructor(link: StoreLink, options: BufferOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    this.#link = link;
    this.#ledger = link.ledger;
    this.#intake = new SampleIntake(options.pointIds, options.blockBytesMax ?? BLOCK_BYTES_MAX);
    this.#loop = new CommitLoop({ link, options, context, seal: () => this.#seal() });
    this.#loop.onEncoded = (samples, bytes) => this.#intake.learn(samples, bytes);
    this.#media = new MediaIntake(options.directory, this.#loop);
  }

  /** Starts committing; resolves when there is a current epoch in each stream. */
  async start(reasons: readonly { stream: Stream; reason: string }[]): Promise<void> {
    this.#loop.start();
    await Promise.all(reasons.map(({ stream, reason }) => this.startEpoch(stream, reason)));
  }

  append(samples: readonly Sample[]): Promise<Seq> {
    if (this.#closing) return Promise.reject(new Error("append samples: the buffer is closed"));
    if (samples.length === 0) return Promise.resolve(this.#ledger.current("main")?.headSeq ?? 0);
    this.#appendedCount += samples.length;
    return new Promise((resolve, reject) => {
      this.#deliveries.push({ samples, at: 0, resolve, reject });
      if (!this.#isPumping) this.#pump();
    });
  }

  async appendMedia(media: Media, timestampMs: number): Promise<Seq> {
    if (this.#closing) throw new Error("append picture: the buffer is closed");
    return this.#media.append(media, timestampMs);
  }

  read(range: BlockRange, limits: ReadLimits): Promise<Entry[]> {
    const { directory } = this.#options;
    const damaged = (bad: BlockRange) =>
      this.#loop.replace({ range: bad, reason: "damaged", note: "its bytes are not those stored" });
    return this.#sound(readEntries({ range, limits, link: this.#link, directory, damaged }));
  }

  async pointList(hash: string): Promise<PointList | null> {
    return this.#lists.get(hash) ?? (await this.#sound(this.#link.call("pointList", hash)));
  }

  /** What the database answers; if it fails, it is opened anew and the caller may try again. */
  async #sound<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      if (!(cause instanceof StoreFault)) throw cause;
      this.#loop.noteBroken(cause);
      throw new Unreachable("read buffer: the database failed and is opened anew", { cause });
    }
  }

  acknowledge(uplinkId: string, ranges: readonly BlockRange[]): Promise<void> {
    if (this.#ledger.acknowledge(uplinkId, ranges)) this.#loop.noteAcknowledged();
    return Promise.resolve();
  }

  async startEpoch(stream: Stream, reason: string): Promise<void> {
    if (stream === "main") this.#seal();
    const startedMs = this.#context.clock.nowMs();
    const epoch = (this.#options.epochId ?? newEpochId)(startedMs);
    const previous = this.#loop.beginEpoch(stream, epoch);
    const bytes = encodeEpochBody({ ...previous, reason, startedMs });
    const times = { fromMs: startedMs, toMs: startedMs, sampleCount: 0, schemaHash: "" };
    const seq = this.#loop.push({ kind: "epoch", stream, ...times, bytes, media: null }, null);
    await this.#loop.durable(epoch, seq);
    this.#context.log.info("epoch started", { stream, epoch, reason });
  }

  quarantine(range: BlockRange, reason: string): Promise<void> {
    return this.#loop.replace({ range, reason: "quarantined", note: reason });
  }

  changed(revision: number, signal: AbortSignal): Promise<number> {
    return this.#ledger.changed(revision, signal);
  }

  status(): BufferStatus {
    const { capacityBytesMax, mediaCapacityBytesMax } = this.#options;
    return {
      epochs: this.#ledger.epochStatuses(),
      cursors: this.#ledger.cursorStatuses(),
      gaps: this.#ledger.gaps,
      appendedCount: this.#appendedCount,
      committedCount: this.#loop.committedCount,
      droppedCount: this.#loop.droppedCount,
      usedBytes: this.#link.usedBytes,
      capacityBytesMax: capacityBytesMax + mediaCapacityBytesMax,
      mediaUsedBytes: this.#link.mediaUsedBytes,
      mediaCapacityBytesMax,
      problems: this.#loop.problems(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#deliveries.length > 0) this.#takeSlice(SAMPLES_PER_SLICE);
    await this.#media.settled();
    await this.#loop.stop();
    await this.#link.close();
  }

  #pump(): void {
    this.#takeSlice(SAMPLES_PER_SLICE);
    if (this.#deliveries.length === 0 || this.#isPumping) return;
    this.#isPumping = true;
    void this.#pumpOn();
  }

  async #pumpOn(): Promise<void> {
    const never = new AbortController().signal;
    while (this.#deliveries.length > 0) {
      await this.#context.clock.sleep(0, never);
      this.#takeSlice(SAMPLES_PER_SLICE);
    }
    this.#isPumping = false;
  }

  #takeSlice(samplesMax: number): void {
    let left = samplesMax;
    for (let delivery = this.#deliveries[0]; delivery && left > 0; ) {
      const { samples } = delivery;
      if (this.#intake.sampleCount === 0) this.#loop.noteWaiting();
      const end = Math.min(samples.length, delivery.at + left);
      left -= end - delivery.at;
      for (let index = delivery.at; index < end; index++) {
        this.#intake.add(samples[index] as Sample);
        if (this.#intake.isFull && index + 1 < samples.length) this.#seal();
      }
      delivery.at = end;
      if (end < samples.length) return;
      this.#open.push({ resolve: delivery.resolve, reject: delivery.reject });
      this.#deliveries.shift();
      if (this.#intake.isFull) this.#seal();
      delivery = this.#deliveries[0];
    }
  }

  /** Closes the block being filled and gives it a number. */
  #seal(): void {
    if (this.#intake.sampleCount === 0) return;
    const { packed, pointList, ...about } = this.#intake.seal();
    if (this.#lists.size >= POINT_LISTS_MAX) this.#lists.clear();
    this.#lists.set(pointList.hash, pointList);
    const kind = { kind: "data", stream: "main", schemaHash: pointList.hash } as const;
    const block = { ...kind, ...about, bytes: packed, media: null };
    const seq = this.#loop.push(block, pointList);
    for (const { resolve, reject } of this.#open) {
      this.#loop.await({ seq, resolve, reject });
    }
    this.#open = [];
  }
}
