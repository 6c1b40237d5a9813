import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHistoryCalls } from "./history-calls.ts";
import type { FileQuery, HistoryCalls } from "./history-messages.ts";
import { PendingRuns } from "./pending-runs.ts";
import { MINUTE_MS, QUARTER_MS } from "./rollup.ts";

const START = 1_767_225_600_000;
const POINTS = ["a/x", "a/y"];
let directory = "";
let calls: HistoryCalls;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-history-"));
  calls = createHistoryCalls();
  calls.open({ directory, capacityBytesMax: 2 ** 24, pointIds: POINTS });
});
afterEach(() => {
  calls.close(null);
  rmSync(directory, { recursive: true });
});

type Told = readonly [atMs: number, value: number];

/** Samples of the first point, as recorded in the minute that begins there. */
function store(samples: readonly Told[], recordedMs = START): void {
  const pending = new PendingRuns(POINTS.length, 2 ** 20);
  for (const [atMs, value] of samples) pending.add(0, START + atMs, [value, 0]);
  const recorded = { fromMs: recordedMs, toMs: recordedMs + MINUTE_MS };
  let status = calls.store({ runs: pending.take(), recorded });
  while (!status) status = calls.storeMore(null);
}

const ask = (asked: Partial<FileQuery>) =>
  calls.query({
    ...{ pointId: "a/x", fromMs: START, toMs: START + 1e8, resolution: "raw", countMax: 1e5 },
    ...{ silentMs: null, pending: [], recorded: { fromMs: 0, toMs: 0 }, ...asked },
  });
const timesOf = (asked: Partial<FileQuery>) => {
  const answer = ask(asked);
  return answer.kind === "raw" ? [...answer.timesMs].map((ms) => ms - START) : [];
};

test.each([
  ["first", QUARTER_MS],
  ["last", QUARTER_MS - 10_000],
])("the %s reading of a quarter of an hour that is wrong is no beginning anew", (_, wrongMs) => {
  const times = Array.from({ length: 180 }, (__, at) => at * 10_000);
  store(times.map((atMs): Told => [atMs, atMs === wrongMs ? 0 : 5000 + atMs / 10_000]));
  while (calls.tidy(START + 4 * QUARTER_MS));
  const answer = ask({ resolution: "quarter" });
  const increases = answer.kind === "rolled" ? answer.increases : [];
  expect(increases).toHaveLength(2);
  expect(increases.reduce((sum, increase) => sum + increase)).toBe(179);
});

test("whoever asks for some samples, and then for the later ones, misses none of one time", () => {
  store([1, 2, 3, 3, 3, 4, 5].map((seconds): Told => [seconds * 1000, seconds]));
  expect(timesOf({ countMax: 4 })).toEqual([1000, 2000]);
  expect(timesOf({ countMax: 4, fromMs: START + 2001 })).toEqual([3000, 3000, 3000, 4000]);
  expect(timesOf({ countMax: 2, fromMs: START + 2001 })).toHaveLength(2);
});

test("some samples are the first of all, also of what came late", () => {
  store([10, 30, 50].map((seconds): Told => [seconds * 1000, seconds]));
  store(
    [0, 20, 40].map((seconds): Told => [seconds * 1000, seconds]),
    START + MINUTE_MS,
  );
  expect(timesOf({ countMax: 2 })).toEqual([0, 10_000]);
  expect(timesOf({ countMax: 4 })).toEqual([0, 10_000, 20_000, 30_000]);
});

test("a pause of the gateway, and a clock that was set back, end what was recorded", () => {
  store([[0, 1]]);
  store([[10 * MINUTE_MS, 1]], START + 10 * MINUTE_MS);
  const gaps = () => ask({ toMs: START + 20 * MINUTE_MS }).gaps;
  const off = { fromMs: START + MINUTE_MS, toMs: START + 10 * MINUTE_MS, why: "off" };
  expect(gaps()).toEqual([off]);
  store([[2 * MINUTE_MS, 1]], START + 2 * MINUTE_MS);
  expect(gaps()).toEqual([
    { ...off, toMs: START + 2 * MINUTE_MS },
    { ...off, fromMs: START + 3 * MINUTE_MS },
  ]);
});
