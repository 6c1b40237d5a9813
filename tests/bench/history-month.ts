import { join } from "node:path";
import { createHistoryCalls, openSqlite, PendingRuns, type Sqlite } from "@headgate/sync/cores";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const STORE_MS = 300_000;
const QUARTER_MS = 900_000;
/** An id of a row is its second times this, and its group of points. */
const GROUPS_MAX = 65_536;
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
const DAYS = 30;
/** Of the last hours samples and minutes: what 3 GiB have room for. */
const RAW_HOURS = 25;
const MINUTE_HOURS = 30;

export type Calls = ReturnType<typeof createHistoryCalls>;

/** Of whom the file is. */
export interface MonthOptions {
  readonly directory: string;
  readonly capacityBytesMax: number;
  readonly pointIds: readonly string[];
  /** The last hour ends here. */
  readonly endMs: number;
}

/** Tenths and float32 in turn, as the meters of the other scenarios walk. */
const values = Array.from({ length: 2 ** 16 }, (_, at) => {
  const ripple = (Math.imul(at + 1, 0x9e37_79b1) >>> 9) % 17;
  const tenths = Math.round(2300 + 80 * Math.sin(at / 90) + ripple) / 10;
  return at % 2 === 0 ? tenths : Math.fround(tenths);
});
const numberAt = (slot: number, tick: number) =>
  values[(2 * (slot * 31 + tick) + (slot % 2)) % values.length] as number;

/** What is stored at once: five minutes of samples, one a second of each point. */
export function fill(pending: PendingRuns, points: number, fromMs: number): void {
  for (let second = 0; second < STORE_MS / 1000; second++) {
    const timeMs = fromMs + second * 1000 + (second % 5);
    const tick = fromMs / 1000 + second;
    for (let slot = 0; slot < points; slot++) {
      pending.add(slot, timeMs, [numberAt(slot, tick % 7200), 0]);
    }
  }
}

/** Stores what there is as the gateway does; calls `piece` around each piece. */
export function store(
  calls: Calls,
  pending: PendingRuns,
  { fromMs, piece = (work) => work() }: { fromMs: number; piece?: <T>(work: () => T) => T },
): void {
  const recorded = { fromMs, toMs: fromMs + STORE_MS };
  const runs = pending.take();
  let status = piece(() => calls.store({ runs, recorded }));
  while (!status) status = piece(() => calls.storeMore(null));
}

/**
 * `history.db` as a gateway has it that records each second for 30 days: an hour of it is recorded,
 * rolled up and packed by the gateway's own code, and repeated, row by row, under the other times.
 */
export function makeMonth({ endMs, ...options }: MonthOptions): void {
  const startMs = endMs - (endMs % DAY_MS) - DAY_MS * (DAYS - 1);
  const hourMs = endMs - (endMs % HOUR_MS) - HOUR_MS;
  const calls = createHistoryCalls();
  calls.open(options);
  const pending = new PendingRuns(options.pointIds.length, PENDING_BYTES_MAX);
  for (let fromMs = hourMs; fromMs < hourMs + HOUR_MS; fromMs += STORE_MS) {
    fill(pending, options.pointIds.length, fromMs);
    store(calls, pending, { fromMs });
  }
  // Its last quarters of an hour are rolled up a little later.
  while (calls.tidy(hourMs + HOUR_MS + QUARTER_MS));
  calls.close(null);
  repeat(join(options.directory, "history.db"), { startMs, hourMs });
  packDays(options, { startMs, hourMs });
  tidyAll(options, hourMs + HOUR_MS);
}

interface Hours {
  readonly startMs: number;
  readonly hourMs: number;
}

function repeat(path: string, { startMs, hourMs }: Hours): void {
  const db = openSqlite(path, 1000);
  db.pragma("synchronous = off");
  const kinds = (ageHours: number) => [
    ...(ageHours < RAW_HOURS ? ["raw"] : []),
    ...(ageHours < MINUTE_HOURS ? ["minute"] : []),
    "quarter",
  ];
  // The quarters of one whole day, and of the day that has begun; the other days come packed.
  const dayMs = hourMs - (hourMs % DAY_MS);
  for (let atMs = startMs; atMs < hourMs; atMs += HOUR_MS) {
    const ageHours = (hourMs - atMs) / HOUR_MS;
    const isWanted = atMs >= dayMs || atMs < startMs + DAY_MS || ageHours < MINUTE_HOURS;
    if (!isWanted) continue;
    db.exec("begin");
    for (const kind of kinds(ageHours)) copyHour(db, kind, { fromMs: hourMs, toMs: atMs });
    db.exec("commit");
  }
  db.exec(`update run set from_ms = ${startMs}`);
  db.close();
}

/** All rows of an hour once more, `toMs` later or earlier. */
function copyHour(db: Sqlite, kind: string, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const [from, by] = [fromMs / 1000, (toMs - fromMs) / 1000];
  const [first, last] = [from * GROUPS_MAX, (from + 3600) * GROUPS_MAX];
  db.exec(
    `insert into ${kind} select id + ${by * GROUPS_MAX}, bytes from ${kind} ` +
      `where id >= ${first} and id < ${last}`,
  );
  if (kind === "raw") {
    const ms = by * 1000;
    db.exec(
      `insert into segment select at + ${by}, since_ms + ${ms}, base_ms + ${ms}, ` +
        `from_ms + ${ms}, to_ms + ${ms}, bytes from segment ` +
        `where at >= ${from} and at < ${from + 3600}`,
    );
    return;
  }
  db.exec(
    `insert or replace into shelf select kind, at + ${by}, bytes from shelf ` +
      `where kind = '${kind}' and at >= ${from} and at < ${from + 3600}`,
  );
}

function tidyAll(options: Omit<MonthOptions, "endMs">, nowMs: number): void {
  const calls = createHistoryCalls();
  calls.open(options);
  while (calls.tidy(nowMs));
  calls.close(null);
}

/** Packs whole days as the gateway does, and repeats the first of them. */
function packDays(options: Omit<MonthOptions, "endMs">, { startMs, hourMs }: Hours): void {
  tidyAll(options, hourMs + HOUR_MS);
  const db = openSqlite(join(options.directory, "history.db"), 1000);
  db.pragma("synchronous = off");
  const first = startMs / 1000;
  for (let day = 1; day < DAYS - 1; day++) {
    const by = (day * DAY_MS) / 1000;
    db.exec(
      `insert or replace into day select id + ${by * GROUPS_MAX}, bytes from day ` +
        `where id >= ${first * GROUPS_MAX} and id < ${(first + 1) * GROUPS_MAX}`,
    );
    db.exec(
      `insert or replace into shelf select kind, at + ${by}, bytes from shelf ` +
        `where kind = 'day' and at = ${first}`,
    );
  }
  db.close();
}
