import type { PointHistoryView, PointView } from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import { isCounterUnit, trendColumns, trendSummary, withLatest } from "./trend-columns.ts";

const NOTHING: PointHistoryView = {
  ...{ point: "a/b", unit: "kWh", fromMs: 0, toMs: 100_000, kind: "raw", widthMs: null },
  ...{ sinceMs: 0, isCut: false, gaps: [], samples: [], stretches: [] },
};
const stretch = (atMs: number, mean: number | null, increase: number | null) => ({
  ...{ atMs, count: mean === null ? 0 : 3, badCount: 0, mean, increase },
  ...{ min: mean && mean - 1, max: mean && mean + 1, first: mean, last: mean },
});

test("a line breaks where nothing is known", () => {
  const columns = trendColumns({
    ...NOTHING,
    samples: [
      [1000, 5, "good"],
      [2000, 6, "good"],
      [3000, null, "bad"],
      [9000, 7, "good"],
      [30_000, 8, "good"],
    ],
    gaps: [
      { fromMs: 3000, toMs: 9000, why: "bad" },
      { fromMs: 9000, toMs: 30_000, why: "off" },
      { fromMs: 30_000, toMs: 100_000, why: "silent" },
    ],
  });
  expect(columns.times).toEqual([1, 2, 3, 6, 9, 19.5, 30]);
  expect(columns.values).toEqual([5, 6, null, null, 7, null, 8]);
});

test("stretches stand in their middle, with how far they went", () => {
  const stretches = [stretch(0, 5, null), stretch(60_000, null, null), stretch(120_000, 9, 4)];
  const columns = trendColumns({ ...NOTHING, kind: "rolled", widthMs: 60_000, stretches });
  expect(columns).toEqual({
    times: [30, 90, 150],
    values: [5, null, 9],
    lows: [4, null, 8],
    highs: [6, null, 10],
  });
});

test("a line goes on to what was told last", () => {
  const columns = trendColumns({ ...NOTHING, samples: [[1000, 5, "good"]] });
  const point = (timestampMs: number, value: number | boolean | null) =>
    ({ timestampMs, value }) as PointView;
  expect(withLatest(columns, point(2000, 6)).values).toEqual([5, 6]);
  expect(withLatest(columns, point(2000, true)).values).toEqual([5, 1]);
  for (const other of [point(1000, 6), point(2000, null), undefined]) {
    expect(withLatest(columns, other)).toBe(columns);
  }
});

test("what is shown is summed up, counters by how far they went", () => {
  const counted = [10, 12, 1, 3].map((value, at) => [at * 1000, value, "good"] as const);
  const samples = counted.map(([at, value, good]): [number, number, "good"] => [at, value, good]);
  expect(trendSummary({ ...NOTHING, samples })).toEqual({ min: 1, max: 12, increase: 5 });
  const stretches = [stretch(0, 5, 99), stretch(60_000, 9, 4)];
  const rolled = { ...NOTHING, kind: "rolled" as const, widthMs: 60_000, stretches };
  expect(trendSummary(rolled)).toEqual({ min: 4, max: 10, increase: 4 });
  expect(trendSummary(NOTHING)).toBe(null);
  expect(["kWh", "m³", "kW", "°C", ""].map(isCounterUnit)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
