import { describe, expect, it } from "vitest";
import { BlockLimits } from "./block-limits.ts";
import { BusyMeter } from "./busy-meter.ts";
import { DeadUnits, restMinMs } from "./dead-units.ts";
import { forecastCycles, wantedShare } from "./forecast.ts";
import { Pacing } from "./pacing.ts";
import { ResponseTimes } from "./response-times.ts";
import { TurnQueue, WRITE_RANK_MS } from "./turn-queue.ts";

describe("whose turn it is on a line", () => {
  function queueOf(...waiters: readonly [rankMs: number, sinceMs: number][]) {
    const queue = new TurnQueue();
    const add = (rankMs: number, sinceMs: number) => queue.add({ rankMs, sinceMs, wake: () => {} });
    for (const [rankMs, sinceMs] of waiters) add(rankMs, sinceMs);
    return { add, take: (nowMs: number) => queue.take(nowMs)?.rankMs };
  }

  it("is a write's, then the fastest class's, however long a slow one waits", () => {
    const { take } = queueOf([60_000, 0], [1000, 50], [WRITE_RANK_MS, 90], [200, 80]);
    expect([take(100), take(100), take(100), take(100), take(100)]).toEqual([
      WRITE_RANK_MS,
      200,
      1000,
      60_000,
      undefined,
    ]);
  });

  it("is every fourth time a slow one's that waited longer than its interval", () => {
    const { add, take } = queueOf([5000, 0]);
    const turns: (number | undefined)[] = [];
    for (let nowMs = 5100; nowMs < 5900; nowMs += 100) {
      add(100, nowMs);
      turns.push(take(nowMs));
    }
    expect(turns).toEqual([100, 100, 100, 5000, 100, 100, 100, 100]);
  });

  it("is the first comer's among equals", () => {
    const queue = new TurnQueue();
    const order: string[] = [];
    for (const name of ["a", "b"]) {
      queue.add({ rankMs: 1000, sinceMs: 0, wake: () => order.push(name) });
    }
    while (queue.length > 0) queue.take(0)?.wake();
    expect(order).toEqual(["a", "b"]);
  });
});

describe("the forecast of cycles", () => {
  it("is the interval where the line suffices, else what faster classes leave", () => {
    const classes = [
      { intervalMs: 1000, lineMs: 500 },
      { intervalMs: 10_000, lineMs: 8000 },
    ];
    expect(wantedShare(classes)).toBeCloseTo(1.3);
    expect(forecastCycles(classes, 0)).toEqual([1000, 16_000]);
    expect(forecastCycles([{ intervalMs: 1000, lineMs: 450 }], 0.1)).toEqual([1000]);
    expect(forecastCycles([{ intervalMs: 1, lineMs: 450 }], 0.1)).toEqual([500]);
  });
});

describe("how dead units are tried", () => {
  it("all together they cost a tenth at most", () => {
    const dead = new DeadUnits();
    expect(dead.mayTry(0)).toBe(true);
    dead.tried(100, 100);
    expect([dead.mayTry(999), dead.mayTry(1000)]).toEqual([false, true]);
    expect(restMinMs(100, 3)).toBe(3000);
  });
});

describe("the silence a unit needs", () => {
  const heard = (pacing: Pacing, count: number) => {
    for (let index = 0; index < count; index++) pacing.heard();
  };
  const missed = (pacing: Pacing, count: number, idleMs = 30) => {
    for (let index = 0; index < count; index++) pacing.missed(idleMs);
  };

  it("grows while it is asked too soon, and a step back is tried ever more rarely", () => {
    const pacing = new Pacing();
    missed(pacing, 3);
    expect(pacing.quietMs).toBe(40);
    missed(pacing, 9, 5000);
    expect(pacing.quietMs).toBe(40);
    heard(pacing, 500);
    expect(pacing.quietMs).toBe(20);
    // A trial: two misses in all its requests are enough.
    missed(pacing, 1);
    heard(pacing, 400);
    missed(pacing, 1);
    expect(pacing.quietMs).toBe(40);
    heard(pacing, 3999);
    expect(pacing.quietMs).toBe(40);
    heard(pacing, 1);
    expect(pacing.quietMs).toBe(20);
    heard(pacing, 4000);
    missed(pacing, 3);
    expect(pacing.quietMs).toBe(20);
    missed(pacing, 3);
    expect(pacing.quietMs).toBe(80);
    pacing.restore(50);
    expect(pacing.quietMs).toBe(80);
  });

  it("shrinks from what it began with to what suffices", () => {
    const pacing = new Pacing(20);
    const shrunk: number[] = [];
    for (let calm = 0; calm < 4; calm++) {
      shrunk.push(pacing.quietMs);
      heard(pacing, 500);
    }
    expect(shrunk).toEqual([20, 10, 5, 0]);
    expect(pacing.isTrial).toBe(false);
  });

  it("does not grow on a line that loses a frame now and then", () => {
    const pacing = new Pacing();
    for (let times = 0; times < 1000; times++) {
      missed(pacing, 2);
      heard(pacing, 3);
    }
    expect(pacing.quietMs).toBe(0);
  });

  it("grows where every second request of a scan is missed", () => {
    const pacing = new Pacing();
    for (let scan = 0; scan < 3; scan++) {
      heard(pacing, 1);
      missed(pacing, 1);
    }
    expect(pacing.quietMs).toBe(40);
  });
});

describe("the timeout of a unit", () => {
  it("is learnt from the slowest of its last answers, and never longer than configured", () => {
    const times = new ResponseTimes();
    for (let count = 0; count < 15; count++) times.note(20);
    expect(times.timeoutMs(1000)).toBe(1000);
    times.note(50);
    expect(times.timeoutMs(1000)).toBe(250);
    expect(times.timeoutMs(200)).toBe(200);
    expect(times.medianMs()).toBe(20);
    times.forget();
    expect(times.timeoutMs(1000)).toBe(1000);
    times.restore(50);
    expect(times.timeoutMs(1000)).toBe(250);
  });
});

describe("the length of a request that a unit takes", () => {
  it("is closed in on from both sides, and forgotten if it was not the length", () => {
    const limits = new BlockLimits();
    expect(limits.countMax("holding")).toBe(Number.POSITIVE_INFINITY);
    limits.accept("holding", 60);
    expect(limits.refuse("input", 65)).toBe(true);
    expect(limits.refuse("input", 60)).toBe(false);
    expect([limits.countMax("holding"), limits.countMax("coil")]).toEqual([64, Infinity]);
    limits.accept("holding", 80);
    expect(limits.countMax("holding")).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the load of a line", () => {
  it("is that of the last one to two minutes", () => {
    const busy = new BusyMeter(0);
    expect(busy.share(0)).toBe(0);
    for (let ms = 0; ms < 60_000; ms += 1000) busy.note(ms, ms + 500);
    expect(busy.share(60_000)).toBeCloseTo(0.5, 1);
    expect(busy.share(120_000)).toBeCloseTo(0.25, 1);
  });
});
