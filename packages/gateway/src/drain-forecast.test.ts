import { expect, it } from "vitest";
import { DrainForecast } from "./drain-forecast.ts";

/** Backlogs every five seconds. */
function forecast(...blocks: number[]): number | null {
  const told = new DrainForecast();
  for (const [index, count] of blocks.entries()) told.note(count, 5000 * index);
  return told.leftMs;
}

it.each<[string, number[], number | null]>([
  ["nothing known", [], null],
  ["one look", [100], null],
  ["shrinking", [1000, 900, 800], 40_000],
  ["growing", [100, 200], null],
  ["standing", [100, 100], null],
  ["gone", [100, 0], 0],
  ["of the last minute only", [10, ...Array.from({ length: 14 }, (_, i) => 1400 - 50 * i)], 75_000],
])("%s", (_name, blocks, leftMs) => {
  expect(forecast(...blocks)).toBe(leftMs);
});
