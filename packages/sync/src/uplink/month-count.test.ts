import { expect, it } from "vitest";
import { MonthCount } from "./month-count.ts";

it("counts by month, and starts each at nothing", () => {
  const count = MonthCount.from(null, 1e6);
  count.add("2026-11", 100);
  count.add("2026-11", 20);
  count.add("2026-12", 3);
  expect([count.usedIn("2026-11"), count.usedIn("2026-12")]).toEqual([120, 3]);
});

it("asks to be saved once in a thousandth of the month", () => {
  const count = MonthCount.from(null, 1e6);
  let saves = 0;
  for (let bytes = 0; bytes < 100_000; bytes += 10) {
    if (!count.add("2026-11", 10)) continue;
    saves++;
    count.toText({ isLast: false });
  }
  expect(saves).toBeGreaterThan(90);
  expect(saves).toBeLessThanOrEqual(101);
});

it("after a crash never knows of less than was sent, and of little more", () => {
  const count = MonthCount.from(null, 1e6);
  let saved: string | null = null;
  for (let bytes = 0; bytes < 54_321; bytes += 7) {
    if (count.add("2026-11", 7)) saved = count.toText({ isLast: false });
  }
  const after = MonthCount.from(saved, 1e6).usedIn("2026-11");
  expect(after).toBeGreaterThanOrEqual(count.usedIn("2026-11"));
  expect(after).toBeLessThanOrEqual(count.usedIn("2026-11") + 1000);
  const exact = MonthCount.from(count.toText({ isLast: true }), 1e6);
  expect(exact.usedIn("2026-11")).toBe(count.usedIn("2026-11"));
});

it("knows after a crash also of what went on after the last word of a session", () => {
  const count = MonthCount.from(null, 1e6);
  count.add("2026-11", 7);
  count.toText({ isLast: false });
  let saved = count.toText({ isLast: true });
  for (let bytes = 0; bytes < 700; bytes += 7) {
    if (count.add("2026-11", 7)) saved = count.toText({ isLast: false });
  }
  expect(MonthCount.from(saved, 1e6).usedIn("2026-11")).toBeGreaterThanOrEqual(707);
});

it("survives a clock that was wrong for a while", () => {
  const count = MonthCount.from(null, 1e6);
  count.add("2026-11", 500);
  count.add("1970-01", 5);
  count.add("2035-03", 5);
  count.add("2026-11", 1);
  const again = MonthCount.from(count.toText({ isLast: true }), 1e6);
  expect(again.usedIn("2026-11")).toBe(501);
});

it("keeps the month it counts, however many a wrong clock has opened since", () => {
  const count = MonthCount.from(null, 1e6);
  for (let month = 10; month < 30; month++) {
    count.add("2026-11", 100);
    count.add(`2031-${month}`, 1);
  }
  expect(count.usedIn("2026-11")).toBe(2000);
});

it("keeps few months, the ones used last", () => {
  const count = MonthCount.from(null, 1e6);
  for (let month = 10; month < 30; month++) count.add(`2026-${month}`, 1);
  const { months } = JSON.parse(count.toText({ isLast: true })) as { months: object };
  expect(Object.keys(months)).toEqual([24, 25, 26, 27, 28, 29].map((month) => `2026-${month}`));
});
