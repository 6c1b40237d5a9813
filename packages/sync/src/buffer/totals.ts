import type { BufferTotals } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";
import type { StoredItem } from "./stored-item.ts";

type Counts = Pick<StoredItem, "kind" | "sampleCount" | "keptCount">;

/** What became of every sample that this database ever took, kept in the same transactions. */
export class Totals {
  readonly #db: Sqlite;
  #totals: BufferTotals;

  constructor(db: Sqlite) {
    this.#db = db;
    const sql = "select value from meta where key = 'totals'";
    const stored = db.prepare<{ value: string }>(sql).get();
    this.#totals = stored ? (JSON.parse(stored.value) as BufferTotals) : firstTotals(db);
  }

  get all(): BufferTotals {
    return this.#totals;
  }

  /** Takes back what a rolled back transaction changed: pass what `all` was before it. */
  restore(totals: BufferTotals): void {
    this.#totals = totals;
  }

  stored(sampleCount: number): void {
    this.#add({ storedCount: sampleCount });
  }

  /** Samples that were given a number and never reached the disk. */
  neverStored(sampleCount: number): void {
    this.#add({ goneCount: sampleCount });
  }

  thinned(sampleCount: number): void {
    this.#add({ storedCount: -sampleCount, thinnedCount: sampleCount });
  }

  lost({ kind, sampleCount, keptCount }: Counts): void {
    const goneCount = sampleCount + keptCount;
    const thinnedCount = kind === "thinned" ? sampleCount : 0;
    this.#add({ storedCount: thinnedCount - goneCount, thinnedCount: -thinnedCount, goneCount });
  }

  /** Samples that were told to be gone and are there after all. */
  found({ kind, sampleCount, keptCount }: Counts): void {
    const count = sampleCount + keptCount;
    const thinnedCount = kind === "thinned" ? sampleCount : 0;
    this.#add({ storedCount: count - thinnedCount, thinnedCount, goneCount: -count });
  }

  store(): void {
    const sql = "insert or replace into meta values ('totals', ?)";
    this.#db.prepare(sql).run(JSON.stringify(this.#totals));
  }

  #add({ storedCount = 0, thinnedCount = 0, goneCount = 0 }: Partial<BufferTotals>): void {
    const before = this.#totals;
    this.#totals = {
      takenCount: before.takenCount + storedCount + thinnedCount + goneCount,
      storedCount: before.storedCount + storedCount,
      thinnedCount: before.thinnedCount + thinnedCount,
      goneCount: before.goneCount + goneCount,
    };
  }
}

/** Of a database that was written before there were totals: what it still holds. */
function firstTotals(db: Sqlite): BufferTotals {
  const sum = (from: string) => {
    const sql = `select coalesce(sum(samples), 0) as count from ${from}`;
    return db.prepare<{ count: number }>(sql).get()?.count ?? 0;
  };
  const storedCount = sum("main_block") + sum("media_block");
  const goneCount = sum("gap");
  return { takenCount: storedCount + goneCount, storedCount, thinnedCount: 0, goneCount };
}
