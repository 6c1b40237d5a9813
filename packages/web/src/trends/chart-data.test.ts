import { expect, test } from "vitest";
import { chartData } from "./chart-data.ts";
import type { TrendLine } from "./chart-options.ts";
import { lineLook, POINTS_MAX } from "./colours.ts";

function line(id: string, times: readonly number[], values: readonly (number | null)[]): TrendLine {
  const columns = { times, values, lows: values, highs: values };
  return { id, unit: "", look: lineLook(0, false), columns, isSwitch: false };
}

test("a gap of one line stays whole where another line has values in it", () => {
  const [times, , , one, , , other] = chartData([
    line("one", [1, 3, 6, 7], [5, null, 6, 7]),
    line("other", [1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 1, 1, 1, 1]),
  ]);
  expect([...(times ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect([...(one ?? [])]).toEqual([5, null, null, null, null, 6, 7]);
  expect([...(other ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("no two lines look alike", () => {
  for (const isDark of [false, true]) {
    const looks = Array.from({ length: POINTS_MAX }, (_, at) => {
      const { colour, dash } = lineLook(at, isDark);
      return `${colour} ${dash.join()}`;
    });
    expect(new Set(looks).size).toBe(POINTS_MAX);
  }
});
