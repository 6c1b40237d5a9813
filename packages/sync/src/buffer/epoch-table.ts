import type { Seq, Stream } from "@headgate/model";
import type { Sqlite, Statement } from "./sqlite.ts";
import type { NewEpoch } from "./store-messages.ts";

/** One epoch of one stream, as the database keeps it. */
export interface EpochRow {
  readonly no: number;
  readonly stream: Stream;
  readonly epoch: string;
  /** The number its next block gets. */
  readonly next: Seq;
  readonly is_current: number;
  /** Others know other blocks under its numbers. */
  readonly isForked: boolean;
}

/** The epochs, in memory too: there are few, and every commit asks for them. */
export class EpochTable {
  readonly #db: Sqlite;
  readonly #updateNext: Statement<unknown>;
  #rows: readonly EpochRow[];

  constructor(db: Sqlite) {
    this.#db = db;
    this.#updateNext = db.prepare("update epoch set next = ? where no = ?");
    const forks = db.prepare<{ key: string }>("select key from meta where key glob 'fork/*'");
    const forked = new Set(forks.all().map(({ key }) => key));
    const rows = db.prepare<Omit<EpochRow, "isForked">>("select * from epoch order by no").all();
    this.#rows = rows.map((row) => ({ ...row, isForked: forked.has(forkKey(row.no)) }));
  }

  get rows(): readonly EpochRow[] {
    return this.#rows;
  }

  /** Takes back what a rolled back transaction changed: pass what `rows` was before it. */
  restore(rows: readonly EpochRow[]): void {
    this.#rows = rows;
  }

  find(epoch: string): EpochRow | undefined {
    return this.#rows.find((row) => row.epoch === epoch);
  }

  get(epoch: string): EpochRow {
    const row = this.find(epoch);
    if (!row) throw new Error(`store block: epoch ${epoch} is not known`);
    return row;
  }

  byNo(no: number): EpochRow | undefined {
    return this.#rows.find((row) => row.no === no);
  }

  /** Those of a stream; the current one is the newest, whenever others were put back. */
  oldestFirst(stream: Stream): EpochRow[] {
    const own = this.#rows.filter((row) => row.stream === stream);
    return own.sort((one, other) => one.is_current - other.is_current || one.no - other.no);
  }

  /** Adds the epoch if it is new, and makes it the current one of its stream. */
  add({ stream, epoch, endsFork }: NewEpoch): void {
    if (this.find(epoch)) return;
    if (endsFork) this.#markFork(stream);
    this.#db.prepare("update epoch set is_current = 0 where stream = ?").run(stream);
    const others = this.#rows.map((row) =>
      row.stream === stream ? { ...row, is_current: 0 } : row,
    );
    this.#rows = others;
    this.#insert({ stream, epoch, is_current: 1 });
  }

  /** Adds an epoch that is over if it is new: blocks of it were found again. */
  addEnded(stream: Stream, epoch: string): void {
    if (!this.find(epoch)) this.#insert({ stream, epoch, is_current: 0 });
  }

  /** The number `seq` is given. */
  given(epoch: string, seq: Seq): void {
    const row = this.get(epoch);
    if (seq < row.next) return;
    this.#rows = this.#rows.map((other) => (other === row ? { ...row, next: seq + 1 } : other));
  }

  /** Stores how far the numbers are given. */
  storeNext(): void {
    for (const { next, no } of this.#rows) this.#updateNext.run(next, no);
  }

  remove(row: EpochRow): void {
    this.#db.prepare("delete from epoch where no = ?").run(row.no);
    const forget = this.#db.prepare("delete from meta where key = ?");
    for (const key of [copyKey(row.no), forkKey(row.no)]) forget.run(key);
    this.#rows = this.#rows.filter(({ no }) => no !== row.no);
  }

  #markFork(stream: Stream): void {
    const row = this.#rows.find((one) => one.stream === stream && one.is_current === 1);
    if (!row) return;
    this.#db.prepare("insert or replace into meta values (?, '1')").run(forkKey(row.no));
    this.#rows = this.#rows.map((one) => (one === row ? { ...row, isForked: true } : one));
  }

  #insert({ stream, epoch, is_current }: Pick<EpochRow, "stream" | "epoch" | "is_current">): void {
    const no = 1 + this.#rows.reduce((most, row) => Math.max(most, row.no), 0);
    this.#db.prepare("insert into epoch values (?, ?, ?, 1, ?)").run(no, stream, epoch, is_current);
    // Once more on another page: without its epoch's name a block is nobody's.
    const copy = this.#db.prepare("insert or replace into meta values (?, ?)");
    copy.run(copyKey(no), `${stream} ${epoch}`);
    this.#rows = [...this.#rows, { no, stream, epoch, next: 1, is_current, isForked: false }];
  }
}

const forkKey = (no: number) => `fork/${no}`;
const copyKey = (no: number) => `epoch/${no}`;
