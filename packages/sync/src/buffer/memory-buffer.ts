import {
  type Block,
  type BlockRange,
  type Buffer,
  type BufferStatus,
  type Clock,
  type Entry,
  type Gap,
  type GapReason,
  type Media,
  type PointList,
  type ReadLimits,
  type Sample,
  type SampleStream,
  type Seq,
  STREAMS,
  type Stream,
} from "@headgate/model";
import { boundedTimestamp } from "../block/bounded-timestamp.ts";
import { deflated } from "../block/deflate.ts";
import { encodeEpochBody } from "../block/epoch-body.ts";
import { hashOf } from "../block/hash.ts";
import { encodeMediaBody } from "../block/media-body.ts";
import { type ClockWatch, clockBlockOf, watchClock } from "./clock-watch.ts";
import { newEpochId } from "./epoch-id.ts";
import { withGap } from "./gap-list.ts";
import { Ledger } from "./ledger.ts";
import { mergeEntries } from "./merge-entries.ts";
import { SampleIntake } from "./sample-intake.ts";
import type { StoredEpoch } from "./store-messages.ts";

/** How a memory buffer is made. */
export interface MemoryBufferOptions {
  readonly clock: Clock;
  readonly uplinkIds: readonly string[];
  readonly pointIds?: readonly string[];
  /** Of the bodies of each stream. */
  readonly capacityBytesMax?: number;
  /** Makes epoch ids; a simulation lends one that its seed determines. */
  readonly epochId?: () => string;
}

type Unnumbered = Omit<Block, "epoch" | "seq" | "hash">;

/** A buffer in memory: what the durable one is compared with, and what simulations run on. */
export function createMemoryBuffer(options: MemoryBufferOptions): Buffer {
  return new MemoryBuffer(options);
}

class MemoryBuffer implements Buffer {
  readonly #options: MemoryBufferOptions;
  readonly #ledger: Ledger;
  readonly #intakes: Readonly<Record<SampleStream, SampleIntake>>;
  readonly #lists = new Map<string, PointList>();
  readonly #clock: ClockWatch;
  #blocks: Block[] = [];
  #gaps: readonly Gap[] = [];
  #epochs: (StoredEpoch & { next: Seq })[] = [];
  #appendedCount = 0;
  #takenCount = 0;
  #droppedCount = 0;
  #isClosed = false;

  constructor(options: MemoryBufferOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.uplinkIds);
    this.#clock = watchClock(options.clock, "");
    const intake = () => new SampleIntake(options.pointIds ?? [], 32 * 1024);
    this.#intakes = { events: intake(), main: intake(), history: intake() };
    this.#beginEpoch("main", "new database");
    this.#beginEpoch("media", "new database");
  }

  async append(samples: readonly Sample[], stream: SampleStream = "main"): Promise<Seq> {
    if (this.#isClosed) throw new Error("append samples: the buffer is closed");
    if (!this.#ledger.current(stream)) this.#beginEpoch(stream, `first ${stream}`);
    this.#appendedCount += samples.length;
    this.#look();
    const intake = this.#intakes[stream];
    for (const { samples: part, isDeviceTime } of this.#clock.split(samples)) {
      for (const sample of part) {
        intake.add(sample);
        if (intake.isFull) this.#seal(stream, isDeviceTime);
      }
      this.#seal(stream, isDeviceTime);
    }
    this.#publish();
    return this.#ledger.current(stream)?.headSeq ?? 0;
  }

  async appendMedia({ name, contentType, bytes }: Media, timestampMs: number): Promise<Seq> {
    if (this.#isClosed) throw new Error("append picture: the buffer is closed");
    const pointId = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    const takenMs = boundedTimestamp(timestampMs);
    const body = encodeMediaBody({ name, contentType, pointId, timestampMs: takenMs, bytes });
    const times = { fromMs: takenMs, toMs: takenMs, sampleCount: 1 };
    this.#add({ kind: "media", stream: "media", ...times, schemaHash: "", body });
    this.#publish();
    return this.#ledger.current("media")?.headSeq ?? 0;
  }

  async read(range: BlockRange, limits: ReadLimits): Promise<Entry[]> {
    const { stream, epoch, first, last } = range;
    const isAsked = (block: Block) =>
      block.stream === stream && block.epoch === epoch && block.seq >= first && block.seq <= last;
    const blocks = this.#blocks.filter(isAsked);
    const gaps = this.#ledger.gapsIn(range);
    return mergeEntries({ blocks, gaps, isComplete: true, ...limits });
  }

  async pointList(hash: string): Promise<PointList | null> {
    return this.#lists.get(hash) ?? null;
  }

  async acknowledge(uplinkId: string, ranges: readonly BlockRange[]): Promise<void> {
    if (this.#ledger.acknowledge(uplinkId, ranges)) this.#trim();
  }

  keepFor(uplinkIds: readonly string[]): void {
    this.#ledger.keepFor(uplinkIds);
    this.#trim();
  }

  async startEpoch(stream: Stream, reason: string): Promise<void> {
    this.#epochs = this.#epochs.map((one) => {
      return one.stream === stream && one.isCurrent ? { ...one, isForked: true } : one;
    });
    this.#beginEpoch(stream, reason);
  }

  async quarantine(range: BlockRange, _reason: string, uplinkId?: string): Promise<boolean> {
    if (uplinkId !== undefined && this.#ledger.isWantedByOthers(range, uplinkId)) return false;
    this.#lose((block) => isIn(block, range), "quarantined");
    this.#publish();
    return true;
  }

  changed(revision: number, signal: AbortSignal): Promise<number> {
    return this.#ledger.changed(revision, signal);
  }

  status(): BufferStatus {
    return {
      epochs: this.#ledger.epochStatuses(),
      cursors: this.#ledger.cursorStatuses(),
      gaps: this.#gaps,
      appendedCount: this.#appendedCount,
      committedCount: this.#appendedCount,
      droppedCount: this.#droppedCount,
      totals: {
        takenCount: this.#takenCount,
        storedCount: this.#takenCount - this.#droppedCount,
        thinnedCount: 0,
        goneCount: this.#droppedCount,
      },
      usedBytes: STREAMS.reduce((sum, stream) => sum + this.#bytesOf(stream), 0),
      capacityBytesMax: STREAMS.length * this.#capacity,
      ackedBytes: 0,
      mediaUsedBytes: this.#bytesOf("media"),
      mediaCapacityBytesMax: this.#capacity,
      ...this.#clock.asStatus(),
      problems: [],
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  get #capacity(): number {
    return this.#options.capacityBytesMax ?? 64 * 1024 * 1024;
  }

  #look(): void {
    const change = this.#clock.look();
    if (!change) return;
    this.#clock.take(change);
    if (!change.told) return;
    const { bytes: body, media: _, ...block } = clockBlockOf(change.told);
    this.#add({ ...block, body });
  }

  #seal(stream: SampleStream, isDeviceTime: boolean): void {
    if (this.#intakes[stream].sampleCount === 0) return;
    const { packed, pointList, ...about } = this.#intakes[stream].seal();
    this.#lists.set(pointList.hash, pointList);
    const body = deflated(packed);
    const block = { kind: "data", stream, ...about, schemaHash: pointList.hash, body } as const;
    this.#add(block, isDeviceTime);
  }

  #add(block: Unnumbered, isDeviceTime = false): void {
    const epoch = this.#epochs.find((one) => one.stream === block.stream && one.isCurrent);
    if (!epoch) throw new Error(`stream ${block.stream} has no epoch`);
    this.#takenCount += block.sampleCount;
    const hash = hashOf(block.body);
    const stamp = this.#clock.stamp({ isDeviceTime, hasSamples: block.sampleCount > 0 });
    const clock = stamp ? { clock: stamp } : {};
    this.#blocks.push({ ...block, ...clock, epoch: epoch.epoch, seq: epoch.next++, hash });
    let excess = this.#bytesOf(block.stream) - this.#capacity;
    const isExcess = (other: Block) => {
      if (other.stream !== block.stream || excess <= 0) return false;
      excess -= other.body.length;
      return true;
    };
    if (excess > 0) this.#lose(isExcess, "capacity");
  }

  #beginEpoch(stream: Stream, reason: string): void {
    const startedMs = this.#options.clock.nowMs();
    const previous = this.#epochs.find((one) => one.stream === stream && one.isCurrent);
    const epoch = this.#options.epochId?.() ?? newEpochId(startedMs);
    this.#epochs = this.#epochs.map((one) =>
      one.stream === stream ? { ...one, isCurrent: false } : one,
    );
    this.#epochs.push({ stream, epoch, tailSeq: 1, next: 1, isCurrent: true, isForked: false });
    const follows = { prevEpoch: previous?.epoch ?? "", prevNext: previous?.next ?? 0 };
    const body = encodeEpochBody({ ...follows, reason, startedMs });
    const times = { fromMs: startedMs, toMs: startedMs, sampleCount: 0 };
    this.#add({ kind: "epoch", stream, ...times, schemaHash: "", body });
    this.#publish();
  }

  #lose(isLost: (block: Block) => boolean, reason: GapReason): void {
    for (const block of this.#blocks.filter(isLost)) {
      const { stream, epoch, seq, sampleCount, fromMs, toMs } = block;
      const span = { first: seq, last: seq, sampleCount, fromMs, toMs };
      this.#gaps = withGap(this.#gaps, { kind: "gap", stream, epoch, ...span, reason });
      this.#droppedCount += sampleCount;
      this.#blocks = this.#blocks.filter((other) => other !== block);
    }
  }

  #trim(): void {
    const { trims, gaps, emptyEpochs } = this.#ledger.settled();
    this.#blocks = this.#blocks.filter((block) => !trims.some((range) => isIn(block, range)));
    this.#gaps = this.#gaps.filter((gap) => !gaps.includes(gap));
    this.#epochs = this.#epochs.filter(({ epoch }) => !emptyEpochs.includes(epoch));
    this.#publish();
    this.#ledger.forgetEpochs(emptyEpochs);
  }

  #publish(): void {
    const tailOf = (epoch: string, next: Seq) =>
      this.#blocks.find((block) => block.epoch === epoch)?.seq ?? next;
    const epochs = this.#epochs.map((one) => ({ ...one, tailSeq: tailOf(one.epoch, one.next) }));
    this.#ledger.update(epochs, this.#gaps);
  }

  #bytesOf(stream: Stream): number {
    return this.#blocks.reduce(
      (sum, block) => (block.stream === stream ? sum + block.body.length : sum),
      0,
    );
  }
}

function isIn(block: Block, { stream, epoch, first, last }: BlockRange): boolean {
  const isSame = block.stream === stream && block.epoch === epoch;
  return isSame && block.seq >= first && block.seq <= last;
}
