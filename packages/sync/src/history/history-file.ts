import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { HistoryBooks, type ShelfKind } from "./history-books.ts";
import type { HistoryStatus, OpenHistoryFile, StoredRuns } from "./history-messages.ts";
import type { HistoryFileParts } from "./history-parts.ts";
import { HistoryRoom } from "./history-room.ts";
import { DamagedRow, GROUP_POINTS, HistoryRows, type RowTable } from "./history-rows.ts";
import { type OpenedHistoryDb, openHistoryDb } from "./history-schema.ts";
import { HistoryTransaction } from "./history-transaction.ts";
import { NibbleReader } from "./nibbles.ts";
import { PackDays } from "./pack-days.ts";
import type { RecordedSpan } from "./recorded-span.ts";
import { RollQuarters } from "./roll-quarters.ts";
import { DAY_MS, fuller, MINUTE_MS, QUARTER_MS, type Rollup } from "./rollup.ts";
import { readRollups } from "./rollup-run.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";
import { StoreRuns } from "./store-runs.ts";

/** `history.db`: samples of some time, and what minutes and quarters of an hour came to. */
export class HistoryFile {
  readonly books: HistoryBooks;
  readonly #request: OpenHistoryFile;
  readonly #opened: OpenedHistoryDb;
  readonly #path: string;
  readonly #inode: number;
  readonly #parts: HistoryFileParts;
  readonly #room: HistoryRoom;
  readonly #rolling: RollQuarters;
  readonly #packing: PackDays;
  #slots: readonly (readonly (number | undefined)[])[] = [];
  #groupCount = 0;
  #storing: StoreRuns | null = null;

  /** `damage`: what the one that lies there proved to be. */
  constructor(request: OpenHistoryFile, damage: Error | null = null) {
    mkdirSync(request.directory, { recursive: true });
    this.#request = request;
    this.#path = join(request.directory, "history.db");
    this.#opened = openHistoryDb(this.#path, damage);
    const { db } = this.#opened;
    try {
      this.#inode = statSync(this.#path).ino;
      this.books = new HistoryBooks(db);
      const rows = (table: RowTable) => new HistoryRows(db, table);
      this.#parts = {
        ...{ db, books: this.books, transaction: new HistoryTransaction(db) },
        rows: {
          raw: rows("raw"),
          minute: rows("minute"),
          quarter: rows("quarter"),
          day: rows("day"),
        },
        rolledDays: new Set(),
        groupCount: () => this.#groupCount,
      };
      this.#room = new HistoryRoom(this.#parts, this.#path, request.capacityBytesMax);
      this.#rolling = new RollQuarters(this.#parts);
      this.#packing = new PackDays(this.#parts);
      this.use(request.pointIds);
    } catch (error) {
      // Its lock would keep the next one out.
      db.close();
      throw error;
    }
  }

  /** Runs are of these points from now on. */
  use(pointIds: readonly string[]): void {
    const { books, transaction } = this.#parts;
    if (this.#storing) transaction.takeBack();
    this.#storing = null;
    const numbers = transaction.do(() => books.numbersOf(pointIds));
    transaction.commit();
    this.#slots = slotsByGroup(numbers);
    this.#groupCount = books.groupCount(GROUP_POINTS);
  }

  /** Whether it still is what lies there: somebody may have removed it, or cut it short. */
  isThere(): boolean {
    const { ino, size } = statSync(this.#path, { throwIfNoEntry: false }) ?? {};
    if (ino !== this.#inode) return false;
    if ((size ?? 0) < this.#room.fileBytes())
      throw new DamagedRow("history: the file was cut short");
    return true;
  }

  status(): HistoryStatus {
    const { setAsidePath, setAsideReason } = this.#opened;
    return {
      usedBytes: this.#room.usedBytes(),
      capacityBytesMax: this.#request.capacityBytesMax,
      rawFromMs: this.books.rawFromMs(),
      minutesFromMs: this.#shelvedSince("minute"),
      quartersFromMs: this.#shelvedSince("quarter"),
      setAsidePath,
      setAsideReason,
    };
  }

  /** Since when this kind can be told: what is not rolled up yet is made of samples. */
  sinceMs(kind: "raw" | "minute" | "quarter"): number | null {
    const rawMs = this.books.rawFromMs();
    return kind === "raw" ? rawMs : earliest([rawMs, this.#shelvedSince(kind)]);
  }

  /** Of the first row it is known when it was begun. */
  #shelvedSince(kind: "minute" | "quarter"): number | null {
    const { books } = this;
    const rows = kind === "minute" ? (["minute"] as const) : (["day", "quarter"] as const);
    const rowMs = earliest(rows.map((row) => books.oldestOnShelf(row)));
    if (rowMs === null) return null;
    const begunMs = books.recorded().find(({ toMs }) => toMs > rowMs)?.fromMs ?? rowMs;
    return begunMs < rowMs + DAY_MS ? Math.max(begunMs, rowMs) : rowMs;
  }

  /** Keeps what came since the last time: whole or not at all. Whether pieces of it are left. */
  store(stored: StoredRuns): boolean {
    // What was rolled up so far is kept; the rest goes on behind it.
    const { transaction } = this.#parts;
    if (this.#storing) transaction.takeBack();
    transaction.commit();
    this.#storing = new StoreRuns(this.#parts, this.#slots, stored);
    return this.storeMore();
  }

  storeMore(): boolean {
    if (this.#storing?.step()) return true;
    this.#storing = null;
    return false;
  }

  /**
   * Samples of a point that are in the file, by time. Once there are more than `countMax`, those
   * that come after all of these are left out.
   */
  readRaw(number: number, { fromMs, toMs }: RecordedSpan, countMax = Infinity): SampleColumns {
    const samples = new SampleColumns();
    for (const segment of this.books.segments(fromMs, toMs)) {
      if (samples.count > countMax && segment.fromMs > samples.latestMs) break;
      const run = this.#parts.rows.raw.section(segment.at, number);
      if (!run) continue;
      const { bytes, at, end } = run;
      readRun(new NibbleReader(bytes, at, end), { ...segment, fromMs, toMs }, samples);
    }
    samples.sort();
    return samples;
  }

  /** Minutes that were rolled up, of whole quarters of an hour in `[fromMs, toMs)`. */
  readMinutes(number: number, fromMs: number, toMs: number): Rollup[] {
    return this.books
      .shelved("minute", fromMs, toMs)
      .flatMap((quarterMs) => this.#read("minute", number, quarterMs));
  }

  /** The same of the quarters themselves, of which past days are packed. */
  readQuarters(number: number, fromMs: number, toMs: number): Rollup[] {
    const packed = this.books
      .shelved("day", fromMs - DAY_MS + QUARTER_MS, toMs)
      .flatMap((dayMs) => this.#read("day", number, dayMs));
    const single = this.books
      .shelved("quarter", fromMs, toMs)
      .flatMap((quarterMs) => this.#read("quarter", number, quarterMs));
    return fuller(packed, single).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  }

  /** Does a piece of what is left to do; whether more is left. */
  tidy(nowMs: number): boolean {
    if (this.#storing) return true;
    if (this.#rolling.step(nowMs) || this.#packing.step(nowMs)) return true;
    this.#parts.transaction.commit();
    return this.#room.step();
  }

  close(): void {
    try {
      if (!this.#storing) this.#parts.transaction.commit();
    } finally {
      this.#parts.db.close();
    }
  }

  #read(kind: ShelfKind, number: number, atMs: number): Rollup[] {
    const section = this.#parts.rows[kind].section(atMs / 1000, number);
    const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
    return section ? readRollups(section, { startMs: atMs, widthMs }) : [];
  }
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function slotsByGroup(numbers: readonly number[]): (number | undefined)[][] {
  const groups: (number | undefined)[][] = [];
  for (const [slot, number] of numbers.entries()) {
    const group = Math.floor(number / GROUP_POINTS);
    for (let at = groups.length; at <= group; at++) {
      groups.push(new Array<number | undefined>(GROUP_POINTS).fill(undefined));
    }
    (groups[group] as (number | undefined)[])[number % GROUP_POINTS] = slot;
  }
  return groups;
}
