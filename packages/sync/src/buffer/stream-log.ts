import type { ReadLimits, Seq, Stream, Thinned } from "@headgate/model";
import type { Span } from "../ranges.ts";
import { BlockTable, type EpochNumber } from "./block-table.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite } from "./sqlite.ts";
import type { ReadAnswer } from "./store-messages.ts";
import type { IdSpan, StoredItem } from "./stored-item.ts";
import { ThinnedTable } from "./thinned-table.ts";

/** One of a thing for each stream. */
export function eachStream<T>(make: (stream: Stream) => T): Readonly<Record<Stream, T>> {
  const [events, main] = [make("events"), make("main")];
  return { events, main, history: make("history"), media: make("media") };
}

/** All that is kept of one stream: its blocks, and what stands for blocks that were thinned. */
export class StreamLog {
  readonly stream: Stream;
  readonly blocks: BlockTable;
  readonly #thinned: ThinnedTable | null;

  constructor(db: Sqlite, stream: Stream) {
    this.stream = stream;
    this.blocks = new BlockTable(db, stream);
    this.#thinned = stream === "main" ? new ThinnedTable(db) : null;
  }

  /** What touches `range`, within the limits and without a hole before the last given. */
  read(epoch: EpochNumber, span: Span, limits: ReadLimits): ReadAnswer {
    const found = this.blocks.read(epoch, span, limits);
    const kept = this.#thinned?.read(epoch, span, limits.bytesMax);
    if (!kept || kept.thinned.length === 0) return { ...found, thinned: [] };
    const blocksEnd = found.isComplete ? Number.POSITIVE_INFINITY : (found.blocks.at(-1)?.seq ?? 0);
    const thinnedEnd = kept.isComplete
      ? Number.POSITIVE_INFINITY
      : (kept.thinned.at(-1)?.last ?? 0);
    const end = Math.min(blocksEnd, thinnedEnd);
    return {
      blocks: found.blocks.filter(({ seq }) => seq <= end),
      thinned: kept.thinned.filter(({ first }) => first <= end),
      isComplete: found.isComplete && kept.isComplete,
    };
  }

  /** The oldest of all epochs, or of a part. */
  oldest(count: number, span: IdSpan = { from: 0, to: Number.MAX_SAFE_INTEGER }): StoredItem[] {
    const blocks = this.blocks.rows(span, count);
    const thinned = this.#thinned?.rows(span, count) ?? [];
    if (thinned.length === 0) return blocks;
    const all = [...blocks, ...thinned];
    all.sort((one, other) => one.no - other.no || one.first - other.first);
    return all.slice(0, count);
  }

  /** The oldest that lie in a part of an epoch whole. */
  oldestIn(no: number, { first, last }: Span, count: number): StoredItem[] {
    const base = no * SEQS_PER_EPOCH;
    const found = this.oldest(count, { from: base + first, to: base + last });
    return found.filter((item) => item.last <= last);
  }

  has(no: number, seq: Seq): boolean {
    return this.blocks.has(no, seq) || (this.#thinned?.has(no, seq) ?? false);
  }

  firstSeq(no: number): Seq | null {
    const block = this.blocks.firstSeq(no);
    const thinned = this.#thinned?.extent(no)?.first ?? null;
    if (block === null || thinned === null) return block ?? thinned;
    return Math.min(block, thinned);
  }

  lastSeq(no: number): Seq {
    return Math.max(this.blocks.lastSeq(no) ?? 0, this.#thinned?.extent(no)?.last ?? 0);
  }

  /** The part of a span that nothing reaches into from outside; it may be empty. */
  within(no: number, span: Span): Span {
    return this.#thinned?.within(no, span) ?? span;
  }

  bytesIn(no: number, span: Span): number {
    return this.blocks.bytesIn(no, span) + (this.#thinned?.bytesIn(no, span) ?? 0);
  }

  /** Deletes what lies in the span whole; returns the names of pictures. */
  remove(no: number, span: Span): string[] {
    this.#thinned?.remove(no, span);
    return this.blocks.remove(no, span);
  }

  /** The newest block of an epoch. */
  newest(no: number): StoredItem | null {
    return this.blocks.newest(no);
  }

  /** Takes an entry back in whose numbers are free. */
  putBack(no: number, list: number, thinned: Thinned): void {
    this.#thinned?.insert(no, list, thinned);
  }

  /** Puts one entry in the place of the blocks it stands for. */
  thin(no: number, thinned: Thinned, list = this.blocks.listOf(no, thinned.first)): void {
    this.blocks.remove(no, thinned);
    this.#thinned?.insert(no, list, thinned);
  }
}
