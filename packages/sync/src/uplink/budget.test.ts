import type { Lane, PaceStatus } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "./budget.ts";
import { budgetSchema } from "./budget-config.ts";
import { MonthCount } from "./month-count.ts";

const MB = 1_000_000;
/** 2026-01-01 00:00 UTC. */
const START_MS = 1_767_225_600_000;
let clock: SimClock;
let month: MonthCount;

beforeEach(() => {
  clock = new SimClock(START_MS);
  month = MonthCount.from(null, 100 * MB);
});

function budgetOf(written: object, timezone = "UTC"): Budget {
  const config = budgetSchema.parse(written);
  const counted = config.monthly === undefined ? null : month;
  return new Budget({ config, timezone, clock, month: counted, onCounted: () => {} });
}

const going = (budget: Budget) =>
  (["l", "r", "b"] as const).filter((lane) => budget.waitMs(lane) === 0).join("");

describe("the month", () => {
  it.each<[string, number, PaceStatus["mode"], string]>([
    ["all goes at first", 0, "all", "lrb"],
    ["all goes up to 90 %", 89 * MB, "all", "lrb"],
    ["then live alone", 91 * MB, "live-only", "l"],
    ["of the last 3 % live is gathered", 98 * MB, "gathered", "l"],
    ["then nothing", 100 * MB, "spent", ""],
  ])("%s", (_name, usedBytes, mode, lanes) => {
    const budget = budgetOf({ monthly: "100 MB" });
    month.add("2026-01", usedBytes);
    expect(budget.status().mode).toBe(mode);
    expect(going(budget)).toBe(lanes);
  });

  it("that is gathered lets live go once a minute", async () => {
    const budget = budgetOf({ monthly: "100 MB" });
    month.add("2026-01", 98 * MB);
    budget.charge("l", 100);
    expect(going(budget)).toBe("l");
    await clock.advance(5_000);
    expect(going(budget)).toBe("");
    await clock.advance(54_000);
    expect(going(budget)).toBe("");
    await clock.advance(1001);
    expect(going(budget)).toBe("l");
  });

  it("that is gathered lets live go although hello goes out all the time", async () => {
    const budget = budgetOf({ monthly: "100 MB" });
    month.add("2026-01", 98 * MB);
    const wentAt: number[] = [];
    for (let second = 0; second < 600; second++) {
      if (second % 10 === 0) budget.charge("l", 400);
      if (going(budget) === "l") wentAt.push(second);
      await clock.advance(1000);
    }
    expect(wentAt.length).toBeGreaterThanOrEqual(9);
    expect(wentAt.length).toBeLessThan(100);
  });

  it("begins anew where the gateway is", async () => {
    clock.step(Date.UTC(2026, 0, 31, 15, 59) - START_MS);
    const there = budgetOf({ monthly: "100 MB" }, "Asia/Shanghai");
    there.charge("l", 100 * MB);
    expect(going(there)).toBe("");
    await clock.advance(60_000);
    expect(going(there)).toBe("lrb");
    expect(there.status().month).toEqual({ usedBytes: 0, bytesMax: 100 * MB });
  });

  it("counts what no lane is charged with, too", () => {
    const budget = budgetOf({ monthly: "100 MB" });
    budget.count(300);
    budget.charge("b", 200);
    expect(budget.status().month?.usedBytes).toBe(500);
  });
});

describe("times of day", () => {
  const written = {
    rate: "80 kbit/s",
    windows: [
      { from: "22:00", to: "06:00", rate: "8 Mbit/s" },
      { from: "12:00", to: "14:00", backlog: false },
    ],
  };
  it.each<[string, string, number, string]>([
    ["00:00", "UTC", 1_000_000, "lrb"],
    ["05:59", "UTC", 1_000_000, "lrb"],
    ["06:00", "UTC", 10_000, "lrb"],
    ["12:00", "UTC", 10_000, "l"],
    ["14:00", "UTC", 10_000, "lrb"],
    ["22:00", "UTC", 1_000_000, "lrb"],
    ["04:00", "Asia/Shanghai", 10_000, "l"],
    ["14:00", "Asia/Shanghai", 1_000_000, "lrb"],
  ])("%s %s", (time, timezone, bytesPerSecond, lanes) => {
    clock.step(Date.parse(`2026-01-01T${time}:00Z`) - START_MS);
    const budget = budgetOf(written, timezone);
    expect(budget.status().bytesPerSecondMax).toBe(bytesPerSecond);
    expect(going(budget)).toBe(lanes);
  });
});

describe("limits of others", () => {
  const sentIn = async (budget: Budget, lane: Lane, seconds: number) => {
    let bytes = 0;
    for (let turn = 0; turn < seconds * 100; turn++) {
      for (; budget.waitMs(lane) === 0; bytes += 500) budget.charge(lane, 500);
      await clock.advance(10);
    }
    return bytes / seconds;
  };

  it("a receiver's rate bounds backlog and repairs, never live", async () => {
    const budget = budgetOf({ rate: "1 Mbit/s" });
    budget.limit({ bytesPerSecondMax: 5000, unconfirmedBytesMax: 70_000 });
    expect(budget.unconfirmedBytesMax).toBe(70_000);
    expect(await sentIn(budget, "b", 100)).toBeLessThan(5500);
    expect(await sentIn(budget, "l", 100)).toBeGreaterThan(100_000);
  });

  it("a pause for the server holds all but live back", async () => {
    const budget = budgetOf({});
    budget.pause(5000);
    expect(going(budget)).toBe("l");
    await clock.advance(5001);
    expect(going(budget)).toBe("lrb");
  });

  it("a server's complaints halve the message rate; calm gives it back", async () => {
    const budget = budgetOf({});
    const waitAfter = (messages: number) => {
      for (let message = 0; message < messages; message++) budget.charge("l", 1);
      return budget.messageWaitMs("l");
    };
    budget.slowDown();
    expect(waitAfter(20 + 20)).toBe(1000);
    await clock.advance(60_000);
    budget.slowDown();
    budget.slowDown();
    expect(waitAfter(5 + 5)).toBe(1000);
    await clock.advance(599_000);
    expect(budget.waitMs("l")).toBe(0);
    expect(waitAfter(5 + 5)).toBe(1000);
    await clock.advance(2_000);
    expect(budget.waitMs("l")).toBe(0);
    await clock.advance(10_000);
    expect(waitAfter(10 + 10)).toBe(1000);
    await clock.advance(300_000);
    expect(budget.waitMs("l")).toBe(0);
    expect(waitAfter(10 + 10)).toBe(1000);
  });

  it("batches are cut to half a second of the line, by what bodies become on it", () => {
    const budget = budgetOf({ rate: "800 kbit/s" });
    for (let batch = 0; batch < 100; batch++) budget.learn(1000, 4000);
    expect(budget.batchBytesMax).toBeGreaterThan(12_000);
    expect(budget.batchBytesMax).toBeLessThan(13_000);
  });
});

describe("a budget as written", () => {
  it.each<[object, boolean]>([
    [{ rate: "256 kbit/s" }, true],
    [{ rate: "0.25Mbit/s", monthly: "2 GiB" }, true],
    [{ rate: "500 bit/s" }, false],
    [{ rate: "256 KB/s" }, false],
    [{ rate: 256 }, false],
    [{ monthly: "100 KB" }, false],
    [{ monthly: 5_000_000 }, false],
    [{ windows: [{ from: "22:00", to: "6:00", backlog: false }] }, true],
    [{ windows: [{ from: "22:00", to: "24:00" }] }, true],
    [{ windows: [{ from: "22", to: "06:00" }] }, false],
    [{ windows: [{ from: "25:00", to: "06:00" }] }, false],
    [{ daily: "5 MB" }, false],
  ])("%o is taken: %s", (written, isTaken) => {
    expect(budgetSchema.safeParse(written).success).toBe(isTaken);
  });
});
