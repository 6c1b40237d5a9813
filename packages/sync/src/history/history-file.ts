import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ByteReader } from "../block/byte-reader.ts";
import { ByteWriter } from "../block/byte-writer.ts";
import type { Sqlite } from "../buffer/sqlite.ts";
import { HistoryBooks, type ShelfKind } from "./history-books.ts";
import type { HistoryStatus, OpenHistoryFile } from "./history-messages.ts";
import { GROUP_POINTS, HistoryRows, type RowTable } from "./history-rows.ts";
import { openHistoryDb } from "./history-schema.ts";
import { NibbleReader } from "./nibbles.ts";
import { runsOf, type TakenRuns } from "./pending-runs.ts";
import { MINUTE_MS, mergeRollups, QUARTER_MS, type Rollup, rollUp } from "./rollup.ts";
import { readRollups, writeRollups } from "./rollup-run.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";

/** Groups of points rolled up in one go: others want to be served too. */
const GROUPS_PER_STEP = 32;
/** A quarter of an hour is rolled up so long after its end. */
const SETTLE_MS = 90_000;
const SEGMENTS_PER_STEP = 8;
/** What each kind may take when room runs short: the finest goes first. */
const SHARES = { raw: 0.6, minute: 0.25, quarter: 0.15 } as const;

/** `history.db`: samples of some time, and what minutes and quarters of an hour came to. */
export class HistoryFile {
  readonly books: HistoryBooks;
  readonly #db: Sqlite;
  readonly #request: OpenHistoryFile;
  readonly #setAsidePath: string;
  readonly #rows: Readonly<Record<RowTable, HistoryRows>>;
  readonly #slots: readonly (readonly (number | undefined)[])[];
  readonly #groupCount: number;
  readonly #row = new ByteWriter(4096);
  readonly #run = new ByteWriter(1024);
  #rolling: { quarterMs: number; group: number } | null = null;

  /** `isAnew`: the one that lies there proved damaged. */
  constructor(request: OpenHistoryFile, isAnew = false) {
    mkdirSync(request.directory, { recursive: true });
    const { db, setAside } = openHistoryDb(join(request.directory, "history.db"), isAnew);
    this.#db = db;
    this.#request = request;
    this.#setAsidePath = setAside;
    this.books = new HistoryBooks(db);
    const rows = (table: RowTable) => new HistoryRows(db, table);
    this.#rows = { raw: rows("raw"), minute: rows("minute"), quarter: rows("quarter") };
    this.#slots = slotsByGroup(this.books.numbersOf(request.pointIds));
    this.#groupCount = this.books.groupCount(GROUP_POINTS);
  }

  status(): HistoryStatus {
    return {
      usedBytes: this.#usedBytes(),
      capacityBytesMax: this.#request.capacityBytesMax,
      rawFromMs: this.books.rawFromMs(),
      minutesFromMs: this.books.oldestOnShelf("minute"),
      quartersFromMs: this.books.oldestOnShelf("quarter"),
      setAsidePath: this.#setAsidePath,
    };
  }

  /** Keeps what came since the last time, in one transaction. */
  store(taken: TakenRuns): void {
    const runOf = runsOf(taken);
    this.#inTransaction(() => {
      const at = this.books.addSegment(taken);
      let bytes = 0;
      for (const [group, slots] of this.#slots.entries()) {
        this.#row.at = 0;
        for (const slot of slots) this.#section(slot === undefined ? null : runOf(slot));
        // Nothing but lengths of nothing.
        if (this.#row.at === GROUP_POINTS) continue;
        this.#rows.raw.put(at, group, this.#row.view());
        bytes += this.#row.at;
      }
      this.books.sizeSegment(at, bytes);
    });
  }

  /** Samples of a point that are in the file, as they came. */
  readRaw(number: number, fromMs: number, toMs: number): SampleColumns {
    const samples = new SampleColumns();
    for (const { at, baseMs } of this.books.segments(fromMs, toMs)) {
      const run = this.#sectionOf("raw", at, number);
      if (run) readRun(nibblesOf(run), { baseMs, fromMs, toMs }, samples);
    }
    samples.sort();
    return samples;
  }

  /** What the quarter of an hour came to, or its minutes. */
  readRolled(kind: ShelfKind, number: number, quarterMs: number): Rollup[] {
    const run = this.#sectionOf(kind, quarterMs / 1000, number);
    const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
    return run ? readRollups(run, { startMs: quarterMs, widthMs }) : [];
  }

  /** Does a part of what is left to do; whether more is left. */
  tidy(nowMs: number): boolean {
    this.#rolling ??= this.#nextToRoll(nowMs);
    if (this.#rolling) {
      this.#rolling = this.#roll(this.#rolling);
      return true;
    }
    if (this.#usedBytes() <= this.#request.capacityBytesMax) return false;
    return this.#dropOldest();
  }

  close(): void {
    this.#db.close();
  }

  #nextToRoll(nowMs: number) {
    const [quarterMs] = this.books.due(0, nowMs - SETTLE_MS - QUARTER_MS);
    return quarterMs === undefined ? null : { quarterMs, group: 0 };
  }

  #roll({ quarterMs, group: first }: { quarterMs: number; group: number }) {
    const end = Math.min(first + GROUPS_PER_STEP, this.#groupCount);
    this.#inTransaction(() => {
      if (first === 0) {
        this.books.clearShelf("minute", quarterMs);
        this.books.clearShelf("quarter", quarterMs);
      }
      const bytes = { minute: 0, quarter: 0 };
      for (let group = first; group < end; group++) this.#rollGroup(group, quarterMs, bytes);
      this.books.addToShelf("minute", quarterMs, bytes.minute);
      this.books.addToShelf("quarter", quarterMs, bytes.quarter);
      if (end === this.#groupCount) this.books.done(quarterMs);
    });
    return end === this.#groupCount ? null : { quarterMs, group: end };
  }

  #rollGroup(group: number, quarterMs: number, bytes: { minute: number; quarter: number }): void {
    const points = this.#samplesOfGroup(group, quarterMs);
    if (points.every(({ count }) => count === 0)) return;
    const minutes = points.map((samples) => rollUp(samples, MINUTE_MS));
    const quarters = minutes.map((rollups) => mergeRollups(rollups, QUARTER_MS));
    bytes.minute += this.#putRolled("minute", minutes, { group, quarterMs });
    bytes.quarter += this.#putRolled("quarter", quarters, { group, quarterMs });
  }

  #putRolled(
    kind: ShelfKind,
    points: readonly (readonly Rollup[])[],
    { group, quarterMs }: { group: number; quarterMs: number },
  ): number {
    const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
    this.#row.at = 0;
    for (const rollups of points) {
      this.#run.at = 0;
      writeRollups(rollups, { startMs: quarterMs, widthMs }, this.#run);
      this.#section(this.#run.view());
    }
    this.#rows[kind].put(quarterMs / 1000, group, this.#row.view());
    return this.#row.at;
  }

  #samplesOfGroup(group: number, quarterMs: number): SampleColumns[] {
    const points = Array.from({ length: GROUP_POINTS }, () => new SampleColumns());
    const span = { fromMs: quarterMs, toMs: quarterMs + QUARTER_MS };
    for (const { at, baseMs } of this.books.segments(span.fromMs, span.toMs)) {
      const row = this.#rows.raw.get(at, group);
      if (!row) continue;
      const reader = new ByteReader(row);
      for (const samples of points) {
        readRun(nibblesOf(reader.section()), { baseMs, ...span }, samples);
      }
    }
    for (const samples of points) samples.sort();
    return points;
  }

  #sectionOf(table: RowTable, at: number, number: number): ByteReader | null {
    const row = this.#rows[table].get(at, Math.floor(number / GROUP_POINTS));
    if (!row) return null;
    const reader = new ByteReader(row);
    for (let before = number % GROUP_POINTS; before > 0; before--) reader.take(reader.varint());
    return reader.section();
  }

  #section(bytes: Uint8Array | null): void {
    this.#row.reserve(8);
    this.#row.varint(bytes?.length ?? 0);
    if (bytes) this.#row.append(bytes);
  }

  /** Of the kind that takes the most beyond its share. Whether there was any. */
  #dropOldest(): boolean {
    const { books } = this;
    const beyond = (kind: RowTable) => books.bytesOf(kind) / SHARES[kind];
    const [kind] = (["raw", "minute", "quarter"] as const).toSorted(
      (a, b) => beyond(b) - beyond(a),
    );
    if (kind === undefined || books.bytesOf(kind) === 0) return false;
    this.#inTransaction(() => {
      if (kind === "raw") {
        for (const { at } of books.oldestSegments(SEGMENTS_PER_STEP)) {
          this.#rows.raw.remove(at);
          books.removeSegment(at);
        }
        return;
      }
      const quarterMs = books.oldestOnShelf(kind);
      if (quarterMs === null) return;
      this.#rows[kind].remove(quarterMs / 1000);
      books.clearShelf(kind, quarterMs);
    });
    return true;
  }

  #usedBytes(): number {
    const pragma = (name: string) => Number(this.#db.pragma(name, { simple: true }));
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  #inTransaction(work: () => void): void {
    this.#db.exec("begin immediate");
    try {
      work();
      this.#db.exec("commit");
    } catch (error) {
      this.#db.exec("rollback");
      throw error;
    }
  }
}

const nibblesOf = ({ bytes, at, end }: ByteReader) => new NibbleReader(bytes, at, end);

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
