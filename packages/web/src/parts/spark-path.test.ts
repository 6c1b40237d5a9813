import { expect, test } from "vitest";
import { sparkPath } from "./spark-path.ts";

const FRAME = { fromMs: 0, toMs: 10_000, width: 100, height: 20 };
const columns = (times: number[], values: (number | null)[]) => {
  return { times, values, lows: values, highs: values };
};

test.each([
  [
    "a line goes from left to right, the highest on top",
    [0, 5, 10],
    [1, 3, 1],
    "M0 20L50 0L100 20",
  ],
  ["what is not known is a gap", [0, 2, 4, 6], [0, null, 0, 1], "M0 20M40 20L60 0"],
  ["what does not change lies in the middle", [0, 10], [7, 7], "M0 10L100 10"],
] as const)("%s", (_, times, values, d) => {
  expect(sparkPath(columns([...times], [...values]), FRAME)?.d).toBe(d);
});

test("of one value there is nothing to draw", () => {
  expect(sparkPath(columns([1, 2], [5, null]), FRAME)).toBeNull();
});
