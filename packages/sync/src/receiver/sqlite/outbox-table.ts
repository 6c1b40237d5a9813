import type { Connection, Statement } from "./connection.ts";

/** References kept for one sink: about 60 bytes each. */
export const QUEUED_MAX = 5_000_000;

/** What was just stored. */
export interface Stored {
  readonly epochRef: number;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
  readonly nowMs: number;
}

/** Queues what a transaction stores, for every sink that is known. */
export class OutboxTable {
  readonly #queuedMax: number;
  readonly #sinks: Statement<{ ref: number; waiting: number }>;
  readonly #insert: Statement;
  readonly #count: Statement;
  readonly #drop: Statement;
  readonly #noteLost: Statement;
  #stored: Stored[] = [];

  constructor(database: Connection, queuedMax: number) {
    this.#queuedMax = queuedMax;
    this.#sinks = database.prepare("select ref, waiting from sink");
    this.#insert = database.prepare(
      `insert into outbox (sink_ref, epoch_ref, kind, first, last, stored_ms)
       values (?, ?, ?, ?, ?, ?)`,
    );
    this.#count = database.prepare("update sink set waiting = waiting + ? where ref = ?");
    this.#drop = database.prepare(
      `delete from outbox where position in (select position from outbox
       where sink_ref = ? and refused is null order by position limit ?)`,
    );
    this.#noteLost = database.prepare("update sink set lost = lost + ? where ref = ?");
  }

  add(stored: Stored): void {
    this.#stored.push(stored);
  }

  /** Forgets what a rolled back transaction did. */
  reload(): void {
    this.#stored = [];
  }

  /** Writes what was added; to call before the transaction ends. True if anything was queued. */
  save(): boolean {
    const stored = this.#stored;
    this.#stored = [];
    if (stored.length === 0) return false;
    // Looked up each time: a person may have added or removed one from another process.
    const sinks = this.#sinks.all();
    for (const { ref, waiting } of sinks) {
      for (const { epochRef, kind, first, last, nowMs } of stored) {
        this.#insert.run(ref, epochRef, kind, first, last, nowMs);
      }
      const excess = Math.max(0, waiting + stored.length - this.#queuedMax);
      if (excess > 0) {
        this.#drop.run(ref, excess);
        this.#noteLost.run(excess, ref);
      }
      this.#count.run(stored.length - excess, ref);
    }
    return sinks.length > 0;
  }
}
