import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../buffer/sqlite.ts";
import { createHistoryCalls } from "./history-calls.ts";
import type { HistoryCalls, Resolution } from "./history-messages.ts";
import { PendingRuns } from "./pending-runs.ts";
import { DAY_MS, MINUTE_MS, QUARTER_MS } from "./rollup.ts";

// What devices tell late comes while other pieces of the same time are on their way.

const START = 1_767_225_600_000;
/** Several groups: each step of what is tidied takes some of them. */
const POINTS = Array.from({ length: 64 }, (_, index) => `tank/p${index}`);
const SLOTS = POINTS.map((_, slot) => slot);
let directory = "";
let calls: HistoryCalls;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-history-"));
  calls = createHistoryCalls();
  calls.open({ directory, capacityBytesMax: 2 ** 26, pointIds: POINTS });
});
afterEach(() => {
  calls.close(null);
  rmSync(directory, { recursive: true });
});

/** A sample of each point at each of these seconds, as recorded in the minute that ends then. */
function store(seconds: readonly number[], recordedMs: number): void {
  const pending = new PendingRuns(POINTS.length, 2 ** 22);
  for (const second of seconds) {
    for (const slot of SLOTS) pending.add(slot, START + second * 1000, [second, 0]);
  }
  const recorded = { fromMs: recordedMs - MINUTE_MS, toMs: recordedMs };
  let status = calls.store({ runs: pending.take(), recorded });
  while (!status) status = calls.storeMore(null);
}

/** How many samples each point has by these stretches. */
function counts(resolution: Resolution, toMs = START + QUARTER_MS): readonly number[] {
  return POINTS.map((pointId) => {
    const answer = calls.query({
      ...{ pointId, fromMs: START, toMs, resolution, countMax: 1e5, silentMs: null },
      ...{ pending: [], recorded: { fromMs: 0, toMs: 0 } },
    });
    if (answer.kind === "raw") return answer.timesMs.length;
    return answer.rollups.reduce((sum, { count }) => sum + count, 0);
  });
}

const all = (count: number) => SLOTS.map(() => count);

test("what comes while its quarter of an hour is rolled up is rolled up, too", () => {
  const nowMs = START + 2 * QUARTER_MS;
  store([0, 60, 120], START + 3 * MINUTE_MS);
  // The first groups of points, and not the last.
  expect(calls.tidy(nowMs)).toBe(true);
  store([180, 240], nowMs);
  while (calls.tidy(nowMs + 1));
  expect(counts("raw")).toEqual(all(5));
  for (const kind of ["minute", "quarter"] as const) expect(counts(kind)).toEqual(all(5));
  while (calls.tidy(nowMs + 5 * MINUTE_MS));
  for (const kind of ["minute", "quarter"] as const) expect(counts(kind)).toEqual(all(5));
});

test("what comes while its day is packed is in what was packed", () => {
  const dayMs = START + 2 * DAY_MS;
  store([0, 60, 120], START + 3 * MINUTE_MS);
  while (calls.tidy(START + QUARTER_MS + 10 * MINUTE_MS));
  for (let pieces = 1; pieces <= 6; pieces++) {
    const nowMs = dayMs + pieces * DAY_MS;
    for (let piece = 0; piece < pieces; piece++) calls.tidy(nowMs);
    store([180 + pieces], nowMs);
    while (calls.tidy(nowMs + 5 * MINUTE_MS));
    expect([pieces, counts("quarter")]).toEqual([pieces, all(3 + pieces)]);
    expect([pieces, counts("minute")]).toEqual([pieces, all(3 + pieces)]);
  }
});

test("what was kept while the clock was ahead is rolled up once it is right again", () => {
  const aheadMs = START + 300 * DAY_MS;
  // Dated by the device, whose clock was right.
  store([0, 60], aheadMs);
  while (calls.tidy(START + 3 * QUARTER_MS));
  store([3 * 900], START + 3 * QUARTER_MS + MINUTE_MS);
  while (calls.tidy(START + 6 * QUARTER_MS));
  expect(counts("quarter")).toEqual(all(2));
  const due = openDue();
  expect(due).toEqual([]);
});

function openDue(): readonly number[] {
  calls.close(null);
  const db = openSqlite(join(directory, "history.db"), 0);
  try {
    return db
      .prepare<{ at: number }>("select at from due")
      .all()
      .map(({ at }) => at);
  } finally {
    db.close();
  }
}
