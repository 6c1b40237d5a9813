import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite, type Sqlite } from "../buffer/sqlite.ts";
import { createHistoryCalls } from "./history-calls.ts";
import type { HistoryCalls } from "./history-messages.ts";
import { PendingRuns } from "./pending-runs.ts";
import { MINUTE_MS } from "./rollup.ts";

const START = 1_767_225_600_000;
const CAPACITY_BYTES_MAX = 2 ** 26;
/** So many that they are committed in several parts. */
const MANY = Array.from({ length: 1024 }, (_, at) => `plant/p${at}`);

let directory = "";
let calls: HistoryCalls;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-history-"));
  calls = createHistoryCalls();
});
afterEach(() => {
  calls.close(null);
  rmSync(directory, { recursive: true });
});

function open(pointIds: readonly string[]): void {
  calls.open({ directory, capacityBytesMax: CAPACITY_BYTES_MAX, pointIds });
}

/** Samples of each point that need eight bytes, a second apart. */
function runsOf(points: number, seconds: number, fromMs = START) {
  const pending = new PendingRuns(points, CAPACITY_BYTES_MAX);
  for (let second = 0; second < seconds; second++) {
    for (let slot = 0; slot < points; slot++) {
      pending.add(slot, fromMs + second * 1000, [Math.sin(slot + second / 7), 0]);
    }
  }
  return { runs: pending.take(), recorded: { fromMs, toMs: fromMs + 5 * MINUTE_MS } };
}

function storeAll(stored: ReturnType<typeof runsOf>): void {
  let status = calls.store(stored);
  while (!status) status = calls.storeMore(null);
}

function countOf(pointId: string): number {
  const span = { fromMs: START, toMs: START + 60 * MINUTE_MS, silentMs: null };
  const none = { pending: [], recorded: { fromMs: 0, toMs: 0 } };
  const answer = calls.query({ pointId, ...span, ...none, resolution: "raw", countMax: 1e6 });
  return answer.kind === "raw" ? answer.timesMs.length : 0;
}

function inFile<T>(work: (db: Sqlite) => T): T {
  calls.close(null);
  const db = openSqlite(join(directory, "history.db"), 1000);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const rowCount = () =>
  inFile((db) => db.prepare<{ rows: number }>("select count(*) as rows from raw").get()?.rows);

test("minutes of which a power cut left a half are read by nobody, and go with the next", () => {
  open(MANY);
  expect(calls.store(runsOf(MANY.length, 240))).toBe(null);
  expect(rowCount()).toBe(32);
  calls = createHistoryCalls();
  open(MANY);
  expect([countOf("plant/p0"), countOf("plant/p1023")]).toEqual([0, 0]);
  storeAll(runsOf(1, 3, START + 10 * MINUTE_MS));
  expect([countOf("plant/p0"), countOf("plant/p1")]).toEqual([3, 0]);
  expect(rowCount()).toBe(1);
});

test("minutes that are committed in parts are there whole", () => {
  open(MANY);
  storeAll(runsOf(MANY.length, 240));
  expect([0, 511, 512, 1023].map((slot) => countOf(`plant/p${slot}`))).toEqual([
    240, 240, 240, 240,
  ]);
  expect(rowCount()).toBe(65);
});

test("a file of smaller pages, as an older version made it, goes on", () => {
  const pointIds = MANY.slice(0, 40);
  open(pointIds);
  storeAll(runsOf(pointIds.length, 60));
  inFile((db) => {
    db.pragma("journal_mode = delete");
    db.pragma("page_size = 8192");
    db.exec("vacuum");
  });
  calls = createHistoryCalls();
  open(pointIds);
  storeAll(runsOf(pointIds.length, 240, START + 10 * MINUTE_MS));
  while (calls.tidy(START + 60 * MINUTE_MS));
  expect(countOf("plant/p39")).toBe(300);
  expect(inFile((db) => db.pragma("page_size", { simple: true }))).toBe(8192);
});
