import type { BufferTotals, Gap, GapReason, Stream, StreamFill } from "@headgate/model";
import type { Sqlite } from "./sqlite.ts";
import type { StoredItem } from "./stored-item.ts";

type Counts = Pick<StoredItem, "kind" | "sampleCount" | "keptCount">;

type Fate = "thinned" | GapReason;

/** What became of samples that are not stored any more, by stream. */
type Fates = Readonly<Partial<Record<Stream, Readonly<Partial<Record<Fate, number>>>>>>;

interface State {
  readonly totals: BufferTotals;
  readonly fates: Fates;
}

interface Loss {
  readonly stream: Stream;
  readonly reason: GapReason;
}

/** What became of every sample that this database ever took, kept in the same transactions. */
export class Totals {
  readonly #db: Sqlite;
  #totals: BufferTotals;
  #fates: Fates;

  constructor(db: Sqlite) {
    this.#db = db;
    const statement = db.prepare<{ value: string }>("select value from meta where key = ?");
    const stored = statement.get("totals");
    this.#totals = stored ? (JSON.parse(stored.value) as BufferTotals) : firstTotals(db);
    const fates = statement.get("fates");
    this.#fates = fates ? (JSON.parse(fates.value) as Fates) : firstFates(db);
  }

  get all(): BufferTotals {
    return this.#totals;
  }

  get state(): State {
    return { totals: this.#totals, fates: this.#fates };
  }

  /** What became of a stream's samples. */
  fatesOf(stream: Stream): Pick<StreamFill, "thinnedCount" | "goneCounts"> {
    const { thinned = 0, ...goneCounts } = this.#fates[stream] ?? {};
    return { thinnedCount: thinned, goneCounts };
  }

  /** Takes back what a rolled back transaction changed: pass what `state` was before it. */
  restore({ totals, fates }: State): void {
    this.#totals = totals;
    this.#fates = fates;
  }

  stored(sampleCount: number): void {
    this.#add({ storedCount: sampleCount });
  }

  /** Samples that were given a number and never reached the disk. */
  neverStored({ stream, reason, sampleCount }: Gap): void {
    this.#add({ goneCount: sampleCount });
    this.#addFate(stream, reason, sampleCount);
  }

  thinned(sampleCount: number): void {
    this.#add({ storedCount: -sampleCount, thinnedCount: sampleCount });
    this.#addFate("main", "thinned", sampleCount);
  }

  lost({ kind, sampleCount, keptCount }: Counts, { stream, reason }: Loss): void {
    const goneCount = sampleCount + keptCount;
    const thinnedCount = kind === "thinned" ? sampleCount : 0;
    this.#add({ storedCount: thinnedCount - goneCount, thinnedCount: -thinnedCount, goneCount });
    this.#addFate(stream, reason, goneCount);
  }

  /** Samples that were told to be gone and are there after all. */
  found({ kind, sampleCount, keptCount }: Counts, stream: Stream): void {
    const count = sampleCount + keptCount;
    const thinnedCount = kind === "thinned" ? sampleCount : 0;
    this.#add({ storedCount: count - thinnedCount, thinnedCount, goneCount: -count });
    this.#addFate(stream, "quarantined", -count);
  }

  store(): void {
    const statement = this.#db.prepare("insert or replace into meta values (?, ?)");
    statement.run("totals", JSON.stringify(this.#totals));
    statement.run("fates", JSON.stringify(this.#fates));
  }

  #addFate(stream: Stream, fate: Fate, count: number): void {
    if (count === 0) return;
    const before = this.#fates[stream] ?? {};
    const after = Math.max(0, (before[fate] ?? 0) + count);
    this.#fates = { ...this.#fates, [stream]: { ...before, [fate]: after } };
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

/** Likewise of one that counted no fates by stream: what its gap records tell. */
function firstFates(db: Sqlite): Fates {
  const rows = db.prepare<{ stream: Stream; reason: GapReason; count: number }>(
    `select stream, reason, sum(samples) as count from gap join epoch on epoch.no = gap.epoch
     group by stream, reason`,
  );
  const sql = "select coalesce(sum(samples), 0) as count from main_thinned";
  const thinned = db.prepare<{ count: number }>(sql).get()?.count ?? 0;
  let fates: Fates = thinned > 0 ? { main: { thinned } } : {};
  for (const { stream, reason, count } of rows.all()) {
    fates = { ...fates, [stream]: { ...fates[stream], [reason]: count } };
  }
  return fates;
}
