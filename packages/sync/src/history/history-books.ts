import type { Sqlite } from "../buffer/sqlite.ts";
import type { HistoryEnd, StoredRuns } from "./history-messages.ts";
import type { RowTable } from "./history-rows.ts";
import { joined, type RecordedSpan } from "./recorded-span.ts";
import { QUARTER_MS } from "./rollup.ts";

/** Runs that were written together, and what their times are counted from. */
export interface Segment {
  readonly at: number;
  readonly baseMs: number;
  /** Of its samples. */
  readonly fromMs: number;
}

/** Times of rows of a kind, and how many bytes they are. */
export type ShelfKind = Exclude<RowTable, "raw">;

/** A quarter of an hour that is to be rolled up, and when something came to it last. */
export interface Due {
  readonly quarterMs: number;
  readonly touchedMs: number;
}

/** Before what times a quarter of an hour must have ended, and got something last. */
export interface SettleTimes {
  readonly endedMs: number;
  readonly settledMs: number;
  readonly nowMs: number;
}

/** Runs that do not stop for so long are one. */
const PAUSE_MS_MAX = 5_000;
const RUNS_MAX = 10_000;
/** Written one after the other: of now, and of what came late. */
const SEGMENTS_AT_ONCE_MAX = 2;

/** What the file knows of its own rows: which there are, of when, how large. */
export class HistoryBooks {
  readonly #db: Sqlite;
  #isRecording = false;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  /** Whether something was kept since it was opened. */
  get isRecording(): boolean {
    return this.#isRecording;
  }

  /** Numbers of points by their ids; new ones for those that are new. */
  numbersOf(pointIds: readonly string[]): number[] {
    const all = this.#db.prepare<{ id: string; number: number }>("select id, number from point");
    const known = new Map(all.all().map(({ id, number }) => [id, number]));
    const add = this.#db.prepare("insert into point (number, id) values (?, ?)");
    let last = 0;
    for (const number of known.values()) last = Math.max(last, number);
    return pointIds.map((id) => {
      let number = known.get(id);
      if (number === undefined) {
        number = ++last;
        add.run(number, id);
        known.set(id, number);
      }
      return number;
    });
  }

  numberOf(pointId: string): number | null {
    const sql = "select number from point where id = ?";
    return this.#db.prepare<{ number: number }>(sql).get(pointId)?.number ?? null;
  }

  groupCount(groupPoints: number): number {
    const sql = "select coalesce(max(number), 0) as number from point";
    const { number } = this.#db.prepare<{ number: number }>(sql).get() ?? { number: 0 };
    return Math.floor(number / groupPoints) + 1;
  }

  /** A time in seconds under which rows may lie: of now, and later than all others. */
  nextSegmentAt(sinceMs: number): number {
    return Math.max(Math.floor(sinceMs / 1000), this.lastSegmentAt() + 1);
  }

  /** 0 where there is none. */
  lastSegmentAt(): number {
    return this.#first<{ at: number | null }>("select max(at) as at from segment")?.at ?? 0;
  }

  /** Notes runs whose rows are written, and that their quarters of an hour are to be rolled up. */
  addSegment(at: number, { runs, recorded }: StoredRuns, bytes: number): void {
    const { baseMs, fromMs, toMs, quartersMs } = runs;
    const sql = "insert into segment values (?, ?, ?, ?, ?, ?)";
    this.#db.prepare(sql).run(at, recorded.fromMs, baseMs, fromMs, toMs, bytes);
    this.#noteRun(recorded);
    const due = this.#db.prepare("insert or replace into due values (?, ?)");
    for (const quarterMs of quartersMs) due.run(quarterMs / 1000, recorded.toMs);
  }

  /** Those that may hold samples of `[fromMs, toMs)`, by their first. */
  segments(fromMs: number, toMs: number): readonly Segment[] {
    const sql =
      "select at, base_ms as baseMs, from_ms as fromMs from segment " +
      "where to_ms >= ? and from_ms < ? order by from_ms, at";
    return this.#db.prepare<Segment>(sql).all(fromMs, toMs);
  }

  oldestSegmentAt(): number | null {
    return this.#first<{ at: number | null }>("select min(at) as at from segment")?.at ?? null;
  }

  removeSegment(at: number): void {
    this.#db.prepare("delete from segment where at = ?").run(at);
  }

  /** Since when everything that was recorded is there as it came. */
  rawFromMs(): number | null {
    const sql = "select since_ms as ms from segment order by at limit 1";
    return this.#first<{ ms: number }>(sql)?.ms ?? null;
  }

  /** Quarters of an hour that are to be rolled up, in `[fromMs, toMs)`. */
  due(fromMs: number, toMs: number): readonly number[] {
    const sql = "select at from due where at >= ? and at < ? order by at";
    return this.#db
      .prepare<{ at: number }>(sql)
      .all(fromMs / 1000, toMs / 1000)
      .map(({ at }) => at * 1000);
  }

  /**
   * The first of those that ended before `endedMs` and got nothing more since `settledMs`: also
   * where the clock was ahead when they did.
   */
  settled({ endedMs, settledMs, nowMs }: SettleTimes): Due | null {
    const sql =
      "select at * 1000 as quarterMs, touched as touchedMs from due " +
      "where at < ? and (touched <= ? or touched > ?) order by at limit 1";
    const beganMs = endedMs - QUARTER_MS;
    return this.#db.prepare<Due>(sql).get(beganMs / 1000, settledMs, nowMs) ?? null;
  }

  /** Unless something came to it meanwhile. */
  done({ quarterMs, touchedMs }: Due): void {
    const sql = "delete from due where at = ? and touched = ?";
    this.#db.prepare(sql).run(quarterMs / 1000, touchedMs);
  }

  addToShelf(kind: ShelfKind, atMs: number, bytes: number): void {
    const sql =
      "insert into shelf values (?, ?, ?) on conflict do update set bytes = bytes + excluded.bytes";
    this.#db.prepare(sql).run(kind, atMs / 1000, bytes);
  }

  clearShelf(kind: ShelfKind, atMs: number): void {
    this.#db.prepare("delete from shelf where kind = ? and at = ?").run(kind, atMs / 1000);
  }

  shelved(kind: ShelfKind, fromMs: number, toMs: number): readonly number[] {
    const sql = "select at from shelf where kind = ? and at >= ? and at < ? order by at";
    return this.#db
      .prepare<{ at: number }>(sql)
      .all(kind, fromMs / 1000, toMs / 1000)
      .map(({ at }) => at * 1000);
  }

  oldestOnShelf(kind: ShelfKind): number | null {
    const sql = `select min(at) as at from shelf where kind = '${kind}'`;
    const at = this.#first<{ at: number | null }>(sql)?.at ?? null;
    return at === null ? null : at * 1000;
  }

  bytesOf(kind: RowTable): number {
    const from = kind === "raw" ? "segment" : `shelf where kind = '${kind}'`;
    return this.#first<{ bytes: number }>(`select total(bytes) as bytes from ${from}`)?.bytes ?? 0;
  }

  /** When it was recorded at all: sorted, apart from each other. */
  recorded(): RecordedSpan[] {
    const sql = "select from_ms as fromMs, to_ms as toMs from run";
    return joined(this.#db.prepare<RecordedSpan>(sql).all());
  }

  /** Null where nothing was recorded. */
  end(): HistoryEnd | null {
    const recordedMs = this.#lastRun()?.toMs;
    if (recordedMs === undefined) return null;
    const last = "select to_ms from segment order by at desc limit ?";
    const sql = `select max(to_ms) as ms from (${last})`;
    const newest = this.#db.prepare<{ ms: number | null }>(sql).get(SEGMENTS_AT_ONCE_MAX);
    return { recordedMs, newestMs: newest?.ms ?? recordedMs };
  }

  #noteRun({ fromMs, toMs }: RecordedSpan): void {
    const last = this.#lastRun();
    const goesOn = last && Math.abs(fromMs - last.toMs) <= PAUSE_MS_MAX && toMs >= last.toMs;
    if (goesOn)
      this.#db.prepare("update run set to_ms = ? where number = ?").run(toMs, last.number);
    else {
      const number = (last?.number ?? 0) + 1;
      this.#db.prepare("insert into run values (?, ?, ?)").run(number, fromMs, toMs);
      this.#db.prepare("delete from run where number <= ?").run(number - RUNS_MAX);
    }
    this.#isRecording = true;
  }

  #lastRun() {
    const sql = "select number, to_ms as toMs from run order by number desc limit 1";
    return this.#first<{ number: number; toMs: number }>(sql) ?? null;
  }

  #first<Row>(sql: string): Row | undefined {
    return this.#db.prepare<Row>(sql).get();
  }
}
