import type { Seq } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";

interface Mark {
  readonly runMs: number;
  /** The number that the next block was to get, by epoch. */
  readonly ends: Readonly<Record<string, Seq>>;
}

interface Age {
  /** For how long this database has been in use, over all runs. */
  readonly runMs: number;
  readonly marks: readonly Mark[];
}

const NEW: Age = { runMs: 0, marks: [] };
const MARKS_PER_AGE = 32;

/**
 * How old rows are, in time that the gateway ran: neither a clock that was set nor a device that
 * dates its samples wrong makes anything look old.
 */
export class AgeMarks {
  readonly #db: Sqlite;
  readonly #ageMsMax: number;
  #age: Age;

  constructor(db: Sqlite, ageMsMax: number) {
    this.#db = db;
    this.#ageMsMax = ageMsMax;
    const stored = db.prepare<{ value: string }>("select value from meta where key = 'age'").get();
    this.#age = stored ? (JSON.parse(stored.value) as Age) : NEW;
  }

  get state(): Age {
    return this.#age;
  }

  /** Takes back what a rolled back transaction changed: pass what `state` was before it. */
  restore(age: Age): void {
    this.#age = age;
  }

  /**
   * Time has passed; `ends` are the numbers not given yet. Returns below which all is too old, of
   * epochs that were there then: one that is put back later is as old as its return.
   */
  pass(elapsedMs: number, ends: Mark["ends"]): Mark["ends"] {
    const runMs = this.#age.runMs + Math.max(0, elapsedMs);
    const marks = [...this.#age.marks];
    const latestMs = marks.at(-1)?.runMs ?? Number.NEGATIVE_INFINITY;
    if (runMs - latestMs >= this.#ageMsMax / MARKS_PER_AGE) marks.push({ runMs, ends });
    const old = marks.findLastIndex((mark) => mark.runMs <= runMs - this.#ageMsMax);
    this.#age = { runMs, marks: marks.slice(Math.max(0, old)) };
    const sql = "insert or replace into meta values ('age', ?)";
    this.#db.prepare(sql).run(JSON.stringify(this.#age));
    return marks[old]?.ends ?? {};
  }
}
