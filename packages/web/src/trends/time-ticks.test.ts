import { expect, test } from "vitest";
import { timeTicks } from "./time-ticks.ts";

const EVENING = Date.UTC(2026, 10, 20, 14, 0, 0) / 1000;

test("ticks tell the site's time, and the day where it begins", () => {
  const ticks = (step: number) =>
    timeTicks([EVENING, EVENING + step, EVENING + 2 * step], step, "Asia/Shanghai");
  expect(ticks(7200)).toEqual(["22:00\n11-20", "00:00\n11-21", "02:00"]);
  expect(ticks(30)).toEqual(["22:00:00\n11-20", "22:00:30", "22:01:00"]);
  expect(ticks(86_400)).toEqual(["11-20", "11-21", "11-22"]);
});
