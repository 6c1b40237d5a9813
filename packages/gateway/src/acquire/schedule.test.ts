import { describe, expect, it } from "vitest";
import { Schedule } from "./schedule.ts";

describe("a schedule", () => {
  it("scans every class at once in the beginning, the fastest first", () => {
    const schedule = new Schedule([100, 1000], 5);
    expect(schedule.take(5)).toEqual({ index: 0, missedCount: 0 });
    expect(schedule.take(5)).toEqual({ index: 1, missedCount: 0 });
    expect(schedule.take(5)).toBeNull();
    expect(schedule.waitMs(5)).toBe(100);
  });

  it("keeps its phase when a scan starts late", () => {
    const schedule = new Schedule([100], 0);
    schedule.take(0);
    schedule.take(130);
    expect(schedule.waitMs(130)).toBe(70);
  });

  it("leaves out what it cannot catch up with, and counts it", () => {
    const schedule = new Schedule([100], 0);
    schedule.take(0);
    expect(schedule.take(350)).toEqual({ index: 0, missedCount: 2 });
    expect(schedule.waitMs(350)).toBe(50);
  });

  it("starves no class beside one that is too fast for its line", () => {
    const schedule = new Schedule([100, 1000], 0);
    const scannedMs: number[] = [];
    for (let nowMs = 0; nowMs < 3_500; nowMs += 150) {
      if (schedule.take(nowMs)?.index === 1) scannedMs.push(nowMs);
    }
    expect(scannedMs).toEqual([150, 1200, 2250, 3150]);
  });

  it("waits for ever without classes", () => {
    expect(new Schedule([], 0).waitMs(0)).toBe(Number.POSITIVE_INFINITY);
    expect(new Schedule([], 0).take(0)).toBeNull();
  });
});
