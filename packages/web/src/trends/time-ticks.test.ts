import { expect, test } from "vitest";
import { timeSplits, timeTicks } from "./time-ticks.ts";

const EVENING = Date.UTC(2026, 10, 20, 14, 0, 0) / 1000;

test("ticks tell the site's time, and the day where it begins", () => {
  const ticks = (step: number) =>
    timeTicks([EVENING, EVENING + step, EVENING + 2 * step], step, "Asia/Shanghai");
  expect(ticks(7200)).toEqual(["22:00\n11-20", "00:00\n11-21", "02:00"]);
  expect(ticks(30)).toEqual(["22:00:00\n11-20", "22:00:30", "22:01:00"]);
  expect(ticks(86_400)).toEqual(["11-20", "11-21", "11-22"]);
});

const HOUR = 3600;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text) / 1000;

/** From, to, zone, step: what stands below the ticks. */
test.each([
  // Clocks go back: 02:00 comes twice, and the day is 25 hours long.
  [
    "2026-10-24T22:30Z",
    "2026-10-25T03:00Z",
    "Europe/Berlin",
    HOUR,
    ["01:00\n10-25", "02:00", "02:00\n+01", "03:00", "04:00"],
  ],
  [
    "2026-10-24T20:00Z",
    "2026-10-25T12:00Z",
    "Europe/Berlin",
    4 * HOUR,
    ["00:00\n10-25", "04:00\n+01", "08:00", "12:00"],
  ],
  [
    "2026-10-25T03:30Z",
    "2026-10-27T03:30Z",
    "Europe/Berlin",
    12 * HOUR,
    ["12:00\n10-25", "00:00\n10-26", "12:00", "00:00\n10-27"],
  ],
  [
    "2026-10-23T12:00Z",
    "2026-10-27T12:00Z",
    "Europe/Berlin",
    DAY,
    ["10-24", "10-25", "10-26", "10-27"],
  ],
  // They go on: there is no 02:00.
  [
    "2026-03-28T23:00Z",
    "2026-03-29T04:00Z",
    "Europe/Berlin",
    HOUR,
    ["00:00\n03-29", "01:00", "03:00\n+02", "04:00", "05:00", "06:00"],
  ],
  [
    "2026-03-28T23:00Z",
    "2026-03-29T04:00Z",
    "Europe/Berlin",
    2 * HOUR,
    ["00:00\n03-29", "04:00\n+02", "06:00"],
  ],
  // Half an hour beside the others, back on the first of November.
  [
    "2026-11-01T02:00Z",
    "2026-11-01T06:00Z",
    "America/St_Johns",
    HOUR,
    ["00:00\n11-01", "01:00", "01:00\n−03:30", "02:00"],
  ],
  [
    "2026-10-30T12:00Z",
    "2026-11-03T12:00Z",
    "America/St_Johns",
    DAY,
    ["10-31", "11-01", "11-02", "11-03"],
  ],
  [
    "2026-10-24T15:00Z",
    "2026-10-25T18:00Z",
    "Asia/Shanghai",
    6 * HOUR,
    ["00:00\n10-25", "06:00", "12:00", "18:00", "00:00\n10-26"],
  ],
  [
    "2026-02-10T00:00Z",
    "2026-05-10T00:00Z",
    "Europe/Berlin",
    30 * DAY,
    ["03-01", "04-01", "05-01"],
  ],
] as const)("from %s to %s in %s", (...[from, to, zone, step, labels]) => {
  const splits = timeSplits({ min: at(from), max: at(to), step }, zone);
  expect(timeTicks(splits, step, zone)).toEqual(labels);
});

test("each hour and each day has its tick once, in order, wherever a site is", () => {
  for (const zone of [
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
  ]) {
    const span = { min: at("2026-10-01T00:00Z"), max: at("2026-11-10T00:00Z") };
    const hours = timeSplits({ ...span, step: HOUR }, zone);
    expect(hours).toEqual([...hours].sort((a, b) => a - b));
    expect([zone, Math.abs(hours.length - 40 * 24) <= 1]).toEqual([zone, true]);
    const days = timeTicks(timeSplits({ ...span, step: DAY }, zone), HOUR, zone);
    expect(days.filter((label) => !label.startsWith("00:00\n"))).toEqual([]);
    expect(new Set(days.map((label) => label.slice(6, 11))).size).toBe(days.length);
    expect(days.length).toBeGreaterThanOrEqual(39);
  }
});
