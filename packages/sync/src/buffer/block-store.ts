import {
  type BlockRange,
  extentOf,
  type Gap,
  type GapReason,
  type PointList,
  type Seq,
  STREAMS,
  type Stream,
} from "@headgate/model";
import { AckedTable } from "./acked-table.ts";
import { AgeMarks } from "./age-marks.ts";
import { BlockThinning } from "./block-thinning.ts";
import { storeClockBook } from "./clock-book.ts";
import { CursorTable } from "./cursor-table.ts";
import { encodedOf } from "./encoded-block.ts";
import { EpochTable } from "./epoch-table.ts";
import { GapTable } from "./gap-table.ts";
import { PointListTable } from "./point-list-table.ts";
import { asideOf, type EntryParts, putBackEntry } from "./put-back-entry.ts";
import { QuarantineTable } from "./quarantine-table.ts";
import { quotaOf, Room } from "./room.ts";
import { usedBytesOf } from "./schema.ts";
import type { Sqlite } from "./sqlite.ts";
import type {
  BlockToStore,
  Commit,
  Committed,
  EntryToPutBack,
  ReadAnswer,
  ReadStore,
  Replacement,
  StoredCursor,
  StoredEpoch,
  StoreQuotas,
  StoreSpace,
} from "./store-messages.ts";
import { gapOf, type StoredItem } from "./stored-item.ts";
import { eachStream, StreamLog } from "./stream-log.ts";
import { Totals } from "./totals.ts";

/** How much may be kept. */
export interface StoreLimits extends StoreQuotas {
  /** Called after the commit with pictures that no block refers to any more. */
  removeMedia(name: string): void;
}

const SAMPLE_STREAMS = STREAMS.filter((stream) => stream !== "media");
/** Rows read at a time to be replaced. */
const REPLACED_ROWS = 64;

/** The database of blocks: every change in one transaction. Lives in the worker. */
export class BlockStore {
  readonly #db: Sqlite;
  readonly #limits: StoreLimits;
  readonly #logs: Readonly<Record<Stream, StreamLog>>;
  readonly #rooms: Readonly<Record<Stream, Room>>;
  readonly #epochs: EpochTable;
  readonly #gaps: GapTable;
  readonly #acked: AckedTable;
  readonly #lists: PointListTable;
  readonly #cursors: CursorTable;
  readonly #quarantine: QuarantineTable;
  readonly #totals: Totals;
  readonly #thinning: BlockThinning;
  readonly #ages: AgeMarks;
  #samplesDropped = 0;
  #thinned: BlockRange[] = [];
  #mediaRemoved: string[] = [];

  constructor(db: Sqlite, limits: StoreLimits) {
    this.#db = db;
    this.#limits = limits;
    this.#epochs = new EpochTable(db);
    this.#gaps = new GapTable(db, this.#epochs);
    this.#acked = new AckedTable(db);
    this.#lists = new PointListTable(db);
    this.#cursors = new CursorTable(db);
    this.#quarantine = new QuarantineTable(db);
    this.#totals = new Totals(db);
    this.#ages = new AgeMarks(db, limits.keepUnsentMsMax);
    const log = (stream: Stream) => new StreamLog(db, stream);
    this.#logs = eachStream(log);
    this.#thinning = new BlockThinning({
      log: this.#logs.main,
      acked: this.#acked,
      epochs: this.#epochs,
      keepRawMs: limits.keepRawMs,
      thinned: ({ stream, epoch, first, last, sampleCount }) => {
        this.#thinned.push({ stream, epoch, first, last });
        this.#totals.thinned(sampleCount);
      },
    });
    this.#rooms = eachStream((stream) => this.#room(stream));
    for (const { no, stream, epoch } of this.#epochs.rows) {
      const last = Math.max(this.#logs[stream].lastSeq(no), this.#gaps.lastSeq(epoch));
      this.#epochs.given(epoch, last);
    }
  }

  commit(commit: Commit): Committed {
    const encoded = commit.blocks.map(encodedOf);
    this.#samplesDropped = 0;
    this.#thinned = [];
    this.#mediaRemoved = [];
    const gapsBefore = this.#gaps.all;
    this.#inTransaction(() => this.#apply(commit, encoded));
    this.#removeMedia();
    const gaps = this.#gaps.all === gapsBefore ? null : this.#gaps.all;
    const changes = { samplesDropped: this.#samplesDropped, thinned: this.#thinned };
    return { encoded, epochs: this.epochs(), gaps, ...changes, ...this.space() };
  }

  epochs(): StoredEpoch[] {
    return this.#epochs.rows.map(({ no, stream, epoch, next, is_current, isForked }) => {
      const tailSeq = this.#logs[stream].firstSeq(no) ?? next;
      return { stream, epoch, tailSeq, next, isCurrent: is_current === 1, isForked };
    });
  }

  gaps(): readonly Gap[] {
    return this.#gaps.all;
  }

  cursors(): StoredCursor[] {
    return this.#cursors.all();
  }

  mediaNames(): Set<string> {
    return new Set([...this.#logs.media.blocks.names(), ...this.#quarantine.mediaNames()]);
  }

  space(): StoreSpace {
    const mediaUsedBytes = this.#logs.media.blocks.bytes;
    return {
      usedBytes: usedBytesOf(this.#db) + mediaUsedBytes,
      mediaUsedBytes,
      ackedBytes: SAMPLE_STREAMS.reduce((sum, of) => sum + this.#rooms[of].ackedBytes, 0),
      totals: this.#totals.all,
      fills: STREAMS.map((of) => ({ ...this.#rooms[of].space, ...this.#totals.fatesOf(of) })),
    };
  }

  read({ range, blocksMax, bytesMax }: ReadStore): ReadAnswer {
    const row = this.#epochs.find(range.epoch);
    if (!row) return { blocks: [], thinned: [], isComplete: true };
    return this.#logs[row.stream].read(row, range, { blocksMax, bytesMax });
  }

  pointList(hash: string): PointList | null {
    return this.#lists.get(hash);
  }

  /** Whether a number is kept as a block or a gap record. */
  isKnown(epoch: string, seq: Seq): boolean {
    const row = this.#epochs.find(epoch);
    if (!row) return false;
    return this.#logs[row.stream].has(row.no, seq) || this.#gaps.has(epoch, seq);
  }

  /** Takes entries of ended epochs back in under their own names; true for each that was new. */
  putBack(entries: readonly EntryToPutBack[], gaps: readonly Gap[]): boolean[] {
    return this.#inTransaction(() => {
      const areNew = entries.map((entry) => this.#putBackOne(entry));
      for (const gap of gaps) this.#addGap(gap);
      this.#epochs.storeNext();
      this.#totals.store();
      return areNew;
    });
  }

  #putBackOne({ pointList, ...entry }: EntryToPutBack): boolean {
    this.#epochs.addEnded(entry.stream, entry.epoch);
    const { first, last } = extentOf(entry);
    for (let seq = first; seq <= last; seq++) if (this.isKnown(entry.epoch, seq)) return false;
    if (pointList) this.#lists.add(pointList);
    if (entry.kind !== "thinned") this.#insert({ ...entry, bytes: entry.body }, entry);
    else {
      const list = this.#lists.numberOf(entry.schemaHash);
      this.#logs[entry.stream].putBack(this.#epochs.get(entry.epoch).no, list, entry);
      this.#epochs.given(entry.epoch, last);
      this.#totals.stored(entry.keptCount + entry.sampleCount);
      this.#totals.thinned(entry.sampleCount);
    }
    return true;
  }

  #room(stream: Stream): Room {
    return new Room({
      thinning: stream === "main" ? this.#thinning : null,
      log: this.#logs[stream],
      acked: this.#acked,
      epochs: this.#epochs,
      quota: quotaOf(stream, this.#limits, { db: this.#db, logs: this.#logs }),
      lose: (item, reason) => this.#lose(stream, item, reason),
      mediaRemoved: (names) => this.#mediaRemoved.push(...names),
    });
  }

  #apply(commit: Commit, encoded: Committed["encoded"]): void {
    for (const epoch of commit.epochs) this.#epochs.add(epoch);
    for (const list of commit.pointLists) this.#lists.add(list);
    for (const [index, block] of commit.blocks.entries()) {
      this.#insert(block, encoded[index] as Committed["encoded"][number]);
    }
    for (const gap of commit.gaps) this.#addGap(gap);
    for (const replacement of commit.replacements) this.#replace(replacement);
    for (const cursor of commit.cursors) this.#cursors.store(cursor);
    for (const { no, stream, epoch } of this.#epochs.rows) {
      const settled = commit.trims.filter((range) => range.epoch === epoch);
      this.#rooms[stream].settle(no, settled);
    }
    for (const gap of commit.settledGaps) this.#gaps.remove(gap);
    this.#expire(commit.elapsedMs);
    for (const stream of STREAMS) this.#rooms[stream].make();
    for (const epoch of commit.emptyEpochs) this.#removeEpoch(epoch);
    this.#epochs.storeNext();
    this.#totals.store();
    if (commit.clockBook !== undefined) storeClockBook(this.#db, commit.clockBook);
  }

  #expire(elapsedMs: number): void {
    if (this.#limits.keepUnsentMsMax === Number.POSITIVE_INFINITY) return;
    const { rows } = this.#epochs;
    const ends = Object.fromEntries(rows.map(({ epoch, next }) => [epoch, next]));
    const old = this.#ages.pass(elapsedMs, ends);
    for (const { no, stream, epoch } of rows) this.#rooms[stream].expire(no, old[epoch] ?? 0);
  }

  #removeMedia(): void {
    for (const name of this.#mediaRemoved) {
      try {
        this.#limits.removeMedia(name);
      } catch {
        // The commit stands whatever becomes of the file; at the next start it is an orphan.
      }
    }
  }

  /** Returns what puts all that is held in memory back as it is now. */
  #snapshot(): () => void {
    const [epochs, gaps, acked] = [this.#epochs.rows, this.#gaps.all, this.#acked.epochs];
    const [lists, totals, ages] = [this.#lists.numbers, this.#totals.state, this.#ages.state];
    return () => {
      this.#epochs.restore(epochs);
      this.#gaps.restore(gaps);
      this.#acked.restore(acked);
      this.#lists.restore(lists);
      this.#totals.restore(totals);
      this.#ages.restore(ages);
    };
  }

  #inTransaction<T>(change: () => T): T {
    const restore = this.#snapshot();
    this.#db.exec("begin immediate");
    try {
      const result = change();
      this.#db.exec("commit");
      return result;
    } catch (error) {
      restore();
      try {
        this.#db.exec("rollback");
      } catch {
        // SQLite rolls back by itself on a full disk: then there is nothing left to roll back.
      }
      for (const stream of STREAMS) this.#logs[stream].blocks.recount();
      this.#thinning.reset();
      throw error;
    }
  }

  #insert(block: BlockToStore, encoded: Committed["encoded"][number]): void {
    const { no } = this.#epochs.get(block.epoch);
    const list = this.#lists.numberOf(block.schemaHash);
    this.#logs[block.stream].blocks.insert(no, list, { ...block, ...encoded });
    this.#epochs.given(block.epoch, block.seq);
    this.#totals.stored(block.sampleCount);
  }

  #replace({ range, reason, note }: Replacement): void {
    const row = this.#epochs.find(range.epoch);
    // The epoch went, all acknowledged or set aside, while the replacement waited.
    if (!row) return;
    const log = this.#logs[row.stream];
    for (;;) {
      // What stands for more than the range is not what was refused.
      const items = log.oldestIn(row.no, range, REPLACED_ROWS);
      if (items.length === 0) break;
      for (const item of items) {
        const isKept = reason === "quarantined";
        if (isKept) {
          const kept = asideOf(item, row, this.#parts(row.stream));
          if (kept) this.#mediaRemoved.push(...this.#quarantine.keep(kept, note));
        }
        this.#lose(row.stream, item, reason);
        const names = log.remove(row.no, item);
        // The picture of a block that is kept aside stays, too.
        if (!isKept) this.#mediaRemoved.push(...names);
      }
    }
  }

  /** Entries of these numbers leave the quarantine and are sent again. Returns how many. */
  retry(numbers: readonly number[]): number {
    return this.#inTransaction(() => {
      const entries = this.#quarantine.take(numbers);
      for (const kept of entries) putBackEntry(kept, this.#parts(kept.entry.stream));
      this.#epochs.storeNext();
      this.#totals.store();
      return entries.length;
    });
  }

  #parts(stream: Stream): EntryParts {
    const [epochs, gaps, lists] = [this.#epochs, this.#gaps, this.#lists];
    const [cursors, totals, log] = [this.#cursors, this.#totals, this.#logs[stream]];
    return { epochs, gaps, lists, cursors, totals, log };
  }

  /** Of samples that this database never had. */
  #addGap(gap: Gap): void {
    this.#totals.neverStored(gap);
    this.#gaps.add(gap);
  }

  #lose(stream: Stream, item: StoredItem, reason: GapReason): void {
    const epoch = this.#epochs.byNo(item.no)?.epoch ?? "";
    const gap = gapOf(item, { stream, epoch }, reason);
    this.#samplesDropped += gap.sampleCount;
    this.#totals.lost(item, { stream, reason });
    this.#gaps.add(gap);
  }

  #removeEpoch(epoch: string): void {
    const row = this.#epochs.find(epoch);
    if (!row || row.is_current === 1) return;
    if (this.#logs[row.stream].firstSeq(row.no) !== null || this.#gaps.hasAny(epoch)) return;
    this.#epochs.remove(row);
    this.#acked.remove(row.no);
    this.#cursors.remove(epoch);
  }
}
