import type { BlockClock, Seq, Thinned } from "@headgate/model";
import { type DecodedBlock, decodeColumns } from "../block/decode.ts";
import { MalformedBlock } from "../block/format.ts";
import { hashOf } from "../block/hash.ts";
import { Thinner } from "../block/thinner.ts";
import { covers } from "../ranges.ts";
import type { AckedTable } from "./acked-table.ts";
import { ROW_BYTES } from "./block-table.ts";
import type { EpochRow, EpochTable } from "./epoch-table.ts";
import { EVERY_NUMBER } from "./schema.ts";
import type { StoredItem } from "./stored-item.ts";
import type { StreamLog } from "./stream-log.ts";

/** Bounds how long one step keeps a commit waiting. */
const SAMPLES_PER_STEP = 65_536;
const ROWS = 32;
/** What a row costs of a step that is not read: those thinned before must hold up no others. */
const PASSED_BY = 16;
/** What saves less is not worth the writing: it stays as it is until it is dropped. */
const WORTH_OF_RAW = 0.7;

export interface ThinningParts {
  readonly log: StreamLog;
  readonly acked: AckedTable;
  readonly epochs: EpochTable;
  /** Of samples: what is newer than this before the newest stays as it is. */
  readonly keepRawMs: number;
  /** Told of each entry that stands for blocks from now on. */
  thinned(entry: Thinned): void;
}

interface ReadBlock {
  readonly columns: DecodedBlock;
  readonly schemaHash: string;
  readonly clock: BlockClock | undefined;
}

/** A run of blocks being taken, over several steps. */
interface Run {
  readonly row: EpochRow;
  readonly likeness: string;
  readonly schemaHash: string;
  readonly first: Seq;
  readonly thinner: Thinner;
  last: Seq;
  /** Of the last block; that of the others differs in its monotonic time only. */
  clock: BlockClock | undefined;
  bytes: number;
}

/**
 * Puts minutes in the place of the oldest raw blocks of `main`. Each block is looked at once: what
 * is thinned, or not worth it, is not written again.
 */
export class BlockThinning {
  readonly #parts: ThinningParts;
  #run: Run | null = null;
  /** Numbers before these are thinned, or cannot be, by epoch. */
  #at = new Map<string, Seq>();

  constructor(parts: ThinningParts) {
    this.#parts = parts;
  }

  /** Begins anew at the oldest: what was being taken may not be there any more. */
  reset(): void {
    this.#run = null;
    this.#at.clear();
  }

  /**
   * Takes some more of the oldest blocks. Returns false when none is left that is old enough;
   * `isPressing`: then what was taken is written though more would fit into the entry.
   */
  step(isPressing: boolean): boolean {
    const rows = this.#parts.epochs.oldestFirst("main");
    const current = rows.find((row) => row.is_current === 1);
    const newest = current ? this.#parts.log.newest(current.no) : null;
    if (!newest) return false;
    let left = SAMPLES_PER_STEP;
    for (const row of rows) {
      for (let items = this.#next(row); items.length > 0; items = this.#next(row)) {
        for (const item of items) {
          if (item.last >= newest.first && item.no === newest.no) return this.#rest(isPressing);
          if (!this.#isOldEnough(item, newest)) return this.#rest(isPressing);
          left -= this.#take(row, item);
          if (left <= 0) return true;
        }
      }
    }
    return this.#rest(isPressing);
  }

  #next({ no, epoch }: EpochRow): StoredItem[] {
    const span = { ...EVERY_NUMBER, first: this.#at.get(epoch) ?? 0 };
    return this.#parts.log.oldestIn(no, span, ROWS);
  }

  /** Nothing more may be taken now. */
  #rest(isPressing: boolean): boolean {
    if (!isPressing || !this.#run) return false;
    this.#finish();
    return true;
  }

  /** By the clock of the samples, whichever way it was set. */
  #isOldEnough({ toMs }: StoredItem, newest: StoredItem): boolean {
    return Math.abs(newest.toMs - toMs) >= this.#parts.keepRawMs;
  }

  /** Returns how much work that was, in samples. */
  #take(row: EpochRow, item: StoredItem): number {
    const run = this.#run;
    const isNext =
      run !== null &&
      run.row.no === item.no &&
      run.last + 1 === item.first &&
      run.likeness === item.likeness &&
      !run.thinner.isFull;
    if (!isNext) this.#finish();
    this.#at.set(row.epoch, item.last + 1);
    const isAcked = covers(this.#parts.acked.get(item.no).spans, item.first, item.last);
    const read = item.kind === "data" && !isAcked ? this.#read(row, item.first) : null;
    if (!read) {
      this.#finish();
      return PASSED_BY;
    }
    const { first, bytes, likeness } = item;
    this.#run ??= {
      row,
      likeness,
      schemaHash: read.schemaHash,
      first,
      thinner: new Thinner(),
      last: first,
      clock: read.clock,
      bytes: 0,
    };
    this.#run.thinner.add({ seq: first, columns: read.columns });
    this.#run.last = first;
    this.#run.clock = read.clock;
    this.#run.bytes += bytes;
    return item.sampleCount;
  }

  /** The block's columns; null if it is not what was stored: who reads it will say so. */
  #read(row: EpochRow, seq: Seq): ReadBlock | null {
    const limits = { blocksMax: 1, bytesMax: 1 };
    const [block] = this.#parts.log.blocks.read(row, { first: seq, last: seq }, limits).blocks;
    if (!block?.isSound || hashOf(block.body) !== block.hash) return null;
    try {
      const { schemaHash, clock } = block;
      return { columns: decodeColumns(block.body), schemaHash, clock };
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return null;
    }
  }

  /** Puts the entry in the place of the run's blocks, if they are all there still and it pays. */
  #finish(): void {
    const run = this.#run;
    this.#run = null;
    if (!run || run.first === run.last) return;
    const { row, first, last, schemaHash, clock } = run;
    const { log, acked, thinned } = this.#parts;
    const isTouched = acked
      .get(row.no)
      .spans.some((span) => span.first <= last && span.last >= first);
    if (isTouched || log.blocks.countIn(row.no, { first, last }) !== last - first + 1) return;
    const content = run.thinner.seal();
    if (!content || content.body.length + ROW_BYTES > WORTH_OF_RAW * run.bytes) return;
    const { stream, epoch } = row;
    const head = { kind: "thinned", stream, epoch, schemaHash } as const;
    const entry: Thinned = { ...head, ...content, ...(clock ? { clock } : {}) };
    log.thin(row.no, entry);
    thinned(entry);
  }
}
