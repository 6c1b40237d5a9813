import { expect, test } from "vitest";
import { siteTime } from "./site-time.ts";

test.each<[string, number, string]>([
  ["UTC", Date.UTC(2026, 2, 29, 1), "2026-03-29T01:00:00.000Z"],
  ["Asia/Shanghai", Date.UTC(2026, 10, 30, 20), "2026-12-01T04:00:00.000+08:00"],
  ["Europe/Berlin", Date.UTC(2026, 2, 29, 0, 59, 59, 999), "2026-03-29T01:59:59.999+01:00"],
  ["Europe/Berlin", Date.UTC(2026, 2, 29, 1), "2026-03-29T03:00:00.000+02:00"],
  ["Europe/Berlin", Date.UTC(2026, 9, 25, 0, 30), "2026-10-25T02:30:00.000+02:00"],
  ["Europe/Berlin", Date.UTC(2026, 9, 25, 1, 30), "2026-10-25T02:30:00.000+01:00"],
  ["America/St_Johns", Date.UTC(2026, 0, 1), "2025-12-31T20:30:00.000-03:30"],
  ["Asia/Kathmandu", Date.UTC(2026, 0, 1), "2026-01-01T05:45:00.000+05:45"],
])("the time in %s at %i is told with its offset", (timeZone, ms, text) => {
  expect(siteTime(timeZone)(ms)).toBe(text);
});

test("a clock that is put forward or back between two of them is seen", () => {
  const at = siteTime("Europe/Berlin");
  const spring = Date.UTC(2026, 2, 29, 0, 45);
  const told = [0, 1, 2].map((quarter) => at(spring + quarter * 900_000).slice(11, 16));
  expect(told).toEqual(["01:45", "03:00", "03:15"]);
});
