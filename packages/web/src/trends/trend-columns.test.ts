import type { PointHistoryView, PointView } from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import {
  isCounterUnit,
  isSwitch,
  trendColumns,
  trendSummary,
  withLatest,
} from "./trend-columns.ts";

const NOTHING: PointHistoryView = {
  ...{ point: "a/b", unit: "kWh", fromMs: 0, toMs: 100_000, kind: "raw", widthMs: null },
  ...{ sinceMs: 0, increase: null, isCut: false, gaps: [], samples: [], stretches: [] },
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

const told = (timestampMs: number, value: number | boolean | string | null) =>
  ({ timestampMs, value }) as PointView;

test("a line goes on to what was told last, and on to now", () => {
  const history: PointHistoryView = { ...NOTHING, samples: [[1000, 5, "good"]] };
  const columns = trendColumns(history);
  const drawn = (timestampMs: number, value: number | boolean | string | null) => {
    const { times, values } = withLatest(columns, history, told(timestampMs, value));
    return times.map((time, at) => [time, values[at]]);
  };
  const held = (value: number, ...times: number[]) => [[1, 5], ...times.map((at) => [at, value])];
  expect(drawn(2000, 6)).toEqual(held(6, 2, 100));
  expect(drawn(2000, true)).toEqual(held(1, 2, 100));
  expect(drawn(1000, 5)).toEqual(held(5, 100));
  expect(drawn(100_500, 6)).toEqual(held(6, 100.5));
  for (const none of [told(2000, null), told(2000, "text"), undefined]) {
    expect(withLatest(columns, history, none)).toBe(columns);
  }
});

test("what was told long ago and still holds is drawn, unless nothing was heard since", () => {
  const old = { ...NOTHING, fromMs: 50_000 };
  const columns = trendColumns(old);
  expect(withLatest(columns, old, told(2000, 7))).toMatchObject({
    times: [50, 100],
    values: [7, 7],
  });
  for (const why of ["silent", "off", "bad"] as const) {
    const history = { ...old, gaps: [{ fromMs: 50_000, toMs: 100_000, why }] };
    expect(withLatest(columns, history, told(2000, 7)).times).toEqual([]);
  }
  const history = { ...old, gaps: [{ fromMs: 50_000, toMs: 60_000, why: "off" as const }] };
  expect(withLatest(columns, history, told(61_000, 7)).times).toEqual([61, 100]);
});

test("switches are drawn in steps, and numbers are not before any is known", () => {
  const columns = (...values: (number | null)[]) => ({ times: [], values, lows: [], highs: [] });
  expect(isSwitch(told(1, true), columns())).toBe(true);
  expect(isSwitch(undefined, columns(0, null, 1))).toBe(true);
  expect(isSwitch(told(1, 0.5), columns())).toBe(false);
  expect(isSwitch(undefined, columns(0, 2))).toBe(false);
});

test("what is shown is summed up, counters by how far they went", () => {
  const samples = [10, 12, 1, 3].map((value, at): [number, number, "good"] => {
    return [at * 1000, value, "good"];
  });
  expect(trendSummary({ ...NOTHING, increase: 5, samples })).toEqual({
    min: 1,
    max: 12,
    increase: 5,
  });
  const stretches = [stretch(0, 5, 99), stretch(60_000, 9, 4)];
  const rolled = { ...NOTHING, kind: "rolled" as const, widthMs: 60_000, increase: 4, stretches };
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
