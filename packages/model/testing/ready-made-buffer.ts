import {
  type Block,
  type BlockRange,
  type Entry,
  extentOf,
  type Gap,
  type PointList,
  type Seq,
  type Stream,
} from "../src/block.ts";
import type { Buffer, BufferStatus, EpochStatus, ReadLimits } from "../src/buffer.ts";

/** A block before the buffer has numbered it. */
export type BlockContent = Omit<Block, "stream" | "epoch" | "seq">;

/** A buffer of ready-made blocks, without disk or limit, for tests of what reads from one. */
export class ReadyMadeBuffer implements Buffer {
  readonly lists = new Map<string, PointList>();
  readonly acknowledged: BlockRange[] = [];
  readonly quarantined: BlockRange[] = [];
  readonly #epochs: { stream: Stream; epoch: string; entries: Entry[]; headSeq: Seq }[] = [];
  readonly #cursors = new Map<string, BlockRange[]>();
  readonly #waiting = new Set<() => void>();
  #revision = 1;

  constructor() {
    for (const stream of ["main", "media"] as const) this.#begin(stream);
  }

  /** Numbers the block and makes it durable at once. */
  keep(stream: Stream, content: BlockContent): Block {
    const current = this.#current(stream);
    const block = { ...content, stream, epoch: current.epoch, seq: ++current.headSeq };
    current.entries.push(block);
    this.#change();
    return block;
  }

  append(): Promise<Seq> {
    return Promise.reject(new Error("this buffer takes ready-made blocks: use keep"));
  }

  appendMedia(): Promise<Seq> {
    return this.append();
  }

  async read(range: BlockRange, { blocksMax, bytesMax }: ReadLimits): Promise<Entry[]> {
    const found: Entry[] = [];
    let bytes = 0;
    const entries = this.#epochs.find((e) => e.epoch === range.epoch)?.entries ?? [];
    for (let index = firstAt(entries, range.first); index < entries.length; index++) {
      const entry = entries[index] as Entry;
      const { first, last } = extentOf(entry);
      if (last < range.first) continue;
      bytes += entry.kind === "gap" ? 0 : entry.body.byteLength;
      const isFull = found.length >= blocksMax || bytes > bytesMax;
      if (first > range.last || (isFull && found.length > 0)) break;
      found.push(entry);
    }
    return found;
  }

  async pointList(hash: string): Promise<PointList | null> {
    return this.lists.get(hash) ?? null;
  }

  keepFor(): void {
    // It keeps everything for ever.
  }

  async acknowledge(uplinkId: string, ranges: readonly BlockRange[]): Promise<void> {
    this.acknowledged.push(...ranges);
    const merged = [...(this.#cursors.get(uplinkId) ?? [])];
    for (const range of ranges) {
      const latest = merged.at(-1);
      const isNext = latest?.epoch === range.epoch && latest.last + 1 === range.first;
      if (latest && isNext) merged[merged.length - 1] = { ...latest, last: range.last };
      else merged.push(range);
    }
    this.#cursors.set(uplinkId, merged);
  }

  async startEpoch(stream: Stream): Promise<void> {
    this.#begin(stream);
    this.#change();
  }

  async quarantine(range: BlockRange): Promise<boolean> {
    this.quarantined.push(range);
    const entries = this.#epochs.find((e) => e.epoch === range.epoch)?.entries ?? [];
    const index = entries.findIndex((e) => e.kind !== "gap" && extentOf(e).first === range.first);
    const block = entries[index];
    if (!block) return true;
    const { sampleCount, fromMs, toMs } = block;
    const gap: Gap = { ...range, kind: "gap", sampleCount, fromMs, toMs, reason: "quarantined" };
    entries[index] = gap;
    this.#change();
    return true;
  }

  changed(revision: number, signal: AbortSignal): Promise<number> {
    if (revision < this.#revision || signal.aborted) return Promise.resolve(this.#revision);
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve(this.#revision);
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  status(): BufferStatus {
    const epochs: EpochStatus[] = this.#epochs.map(({ stream, epoch, headSeq }) => {
      const isCurrent = this.#current(stream).epoch === epoch;
      return { stream, epoch, tailSeq: 1, headSeq, isCurrent };
    });
    const counts = { appendedCount: 0, committedCount: 0, droppedCount: 0 };
    const space = { usedBytes: 0, capacityBytesMax: 0 };
    const media = { mediaUsedBytes: 0, mediaCapacityBytesMax: 0, ackedBytes: 0 };
    const totals = { takenCount: 0, storedCount: 0, thinnedCount: 0, goneCount: 0 };
    const known = { epochs, cursors: this.#cursors, gaps: [], problems: [], totals };
    return { ...known, ...counts, ...space, ...media };
  }

  async close(): Promise<void> {}

  #begin(stream: Stream): void {
    const epoch = `${stream}-epoch-${this.#epochs.length + 1}`;
    this.#epochs.push({ stream, epoch, entries: [], headSeq: 0 });
  }

  #current(stream: Stream) {
    const current = this.#epochs.findLast((epoch) => epoch.stream === stream);
    if (!current) throw new Error(`no epoch of stream ${stream}`);
    return current;
  }

  #change(): void {
    this.#revision++;
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A place at or before the entry that holds `seq`: entries are kept one a number here. */
function firstAt(entries: readonly Entry[], seq: Seq): number {
  return Math.max(0, Math.min(entries.length, seq - 1));
}
