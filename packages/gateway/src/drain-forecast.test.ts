import { expect, it } from "vitest";
import { DrainForecast } from "./drain-forecast.ts";

/** Backlogs every five seconds. */
function forecast(...blocks: number[]): number | null {
  const told = new DrainForecast();
  for (const [index, count] of blocks.entries()) told.note(count, 5000 * index);
  return told.leftMs();
}

it.each<[string, number[], number | null]>([
  ["nothing known", [], null],
  ["one look", [100], null],
  ["too short to say", [1000, 900, 800], null],
  ["shrinking", [1000, 900, 800, 700], 35_000],
  ["growing", [100, 200, 300, 400], null],
  ["standing", [100, 100, 100, 100], null],
  ["gone", [100, 0], 0],
  ["of the last minute only", [10, ...Array.from({ length: 14 }, (_, i) => 1400 - 50 * i)], 75_000],
])("%s", (_name, blocks, leftMs) => {
  expect(forecast(...blocks)).toBe(leftMs);
});

it("what a budget lets through in a second bounds the forecast", () => {
  const told = new DrainForecast();
  for (const [index, blocks] of [1000, 800, 600, 400].entries()) told.note(blocks, 5000 * index);
  expect(told.leftMs()).toBe(10_000);
  // 13 MB at 256 kbit/s.
  expect(told.leftMs(13_000_000, 32_000)).toBe(406_250);
  expect(told.leftMs(3200, 32_000)).toBe(10_000);
});
