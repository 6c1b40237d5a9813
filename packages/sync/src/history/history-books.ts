import type { Sqlite } from "../buffer/sqlite.ts";
import type { RecordedSpan } from "./history-gaps.ts";
import type { TakenRuns } from "./pending-runs.ts";
import { QUARTER_MS } from "./rollup.ts";

/** Runs that were written together, and the times of their samples. */
export interface Segment {
  readonly at: number;
  readonly baseMs: number;
}

export type ShelfKind = "minute" | "quarter";

/** Runs that do not stop for so long are one. */
const PAUSE_MS_MAX = 5_000;
const RUNS_MAX = 10_000;
/** Of what a device remembered, no more than a week's quarters of an hour are rolled up anew. */
const DUE_MAX = 700;

/** What the file knows of its own rows: which there are, of when, how large. */
export class HistoryBooks {
  readonly #db: Sqlite;
  #runFromMs: number | null = null;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  /** Whether something was kept since it was opened. */
  get isRecording(): boolean {
    return this.#runFromMs !== null;
  }

  /** Numbers of points by their ids; new ones for those that are new. */
  numbersOf(pointIds: readonly string[]): number[] {
    const add = this.#db.prepare("insert or ignore into point (id) values (?)");
    const get = this.#db.prepare<{ number: number }>("select number from point where id = ?");
    this.#db.exec("begin");
    const numbers = pointIds.map((id) => {
      add.run(id);
      return get.get(id)?.number ?? 0;
    });
    this.#db.exec("commit");
    return numbers;
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

  /** Notes runs; the time in seconds under which their rows lie. */
  addSegment({ baseMs, fromMs, toMs }: TakenRuns): number {
    const last = this.#first<{ at: number | null }>("select max(at) as at from segment")?.at ?? 0;
    const at = Math.max(Math.floor(baseMs / 1000), last + 1);
    const sql = "insert into segment values (?, ?, ?, ?, 0)";
    this.#db.prepare(sql).run(at, baseMs, fromMs, toMs);
    this.#noteRun(baseMs, toMs);
    const due = this.#db.prepare("insert or ignore into due values (?)");
    const oldestMs = Math.max(fromMs, toMs - DUE_MAX * QUARTER_MS);
    for (let ms = oldestMs - (oldestMs % QUARTER_MS); ms <= toMs; ms += QUARTER_MS) {
      due.run(ms / 1000);
    }
    return at;
  }

  sizeSegment(at: number, bytes: number): void {
    this.#db.prepare("update segment set bytes = ? where at = ?").run(bytes, at);
  }

  /** Those that may hold samples of `[fromMs, toMs)`. */
  segments(fromMs: number, toMs: number): readonly Segment[] {
    const sql =
      "select at, base_ms as baseMs from segment where to_ms >= ? and from_ms < ? order by at";
    return this.#db.prepare<Segment>(sql).all(fromMs, toMs);
  }

  oldestSegments(countMax: number): readonly Segment[] {
    const sql = "select at, base_ms as baseMs from segment order by at limit ?";
    return this.#db.prepare<Segment>(sql).all(countMax);
  }

  removeSegment(at: number): void {
    this.#db.prepare("delete from segment where at = ?").run(at);
  }

  rawFromMs(): number | null {
    const [oldest] = this.oldestSegments(1);
    return oldest?.baseMs ?? null;
  }

  /** Quarters of an hour that are to be rolled up, in `[fromMs, toMs)`. */
  due(fromMs: number, toMs: number): readonly number[] {
    const sql = "select at from due where at >= ? and at < ? order by at";
    return this.#db
      .prepare<{ at: number }>(sql)
      .all(fromMs / 1000, toMs / 1000)
      .map(({ at }) => at * 1000);
  }

  done(quarterMs: number): void {
    this.#db.prepare("delete from due where at = ?").run(quarterMs / 1000);
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

  bytesOf(kind: ShelfKind | "raw"): number {
    const from = kind === "raw" ? "segment" : `shelf where kind = '${kind}'`;
    return this.#first<{ bytes: number }>(`select total(bytes) as bytes from ${from}`)?.bytes ?? 0;
  }

  /** When it was recorded at all. */
  recorded(): readonly RecordedSpan[] {
    const sql = "select from_ms as fromMs, to_ms as toMs from run order by from_ms";
    return this.#db.prepare<RecordedSpan>(sql).all();
  }

  #noteRun(fromMs: number, toMs: number): void {
    if (this.#runFromMs === null) {
      const last = this.recorded().at(-1);
      const goesOn = last && fromMs - last.toMs <= PAUSE_MS_MAX && fromMs >= last.fromMs;
      this.#runFromMs = goesOn ? last.fromMs : fromMs;
      const sql = "delete from run where from_ms not in (select from_ms from run order by from_ms";
      this.#db.exec(`${sql} desc limit ${RUNS_MAX})`);
    }
    const sql =
      "insert into run values (?, ?) on conflict do update set to_ms = max(to_ms, excluded.to_ms)";
    this.#db.prepare(sql).run(this.#runFromMs, toMs);
  }

  #first<Row>(sql: string): Row | undefined {
    return this.#db.prepare<Row>(sql).get();
  }
}
