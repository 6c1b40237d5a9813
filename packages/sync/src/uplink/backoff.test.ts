import { expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

it("waits longer each time, up to a limit, and the shortest time after all went well", () => {
  const backoff = new Backoff(100, 1000, () => 0.5);
  const waits = [0, 1, 2, 3, 4].map((turn) => backoff.hit(10_000 * turn).waitMs);
  expect(waits).toEqual([100, 200, 400, 800, 1000]);
  backoff.clear();
  expect(backoff.hit(60_000).waitMs).toBe(100);
});

it("counts what comes within one pause once", () => {
  const backoff = new Backoff(100, 1000, () => 0.5);
  const hits = [0, 10, 99, 100].map((nowMs) => backoff.hit(nowMs));
  expect(hits.map(({ isNew }) => isNew)).toEqual([true, false, false, true]);
  expect(hits.map(({ waitMs }) => waitMs)).toEqual([100, 90, 1, 200]);
});

it("is not the same for two gateways", () => {
  const waits = Array.from({ length: 8 }, () => new Backoff(60_000, 60_000).hit(0).waitMs);
  expect(new Set(waits).size).toBeGreaterThan(1);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(30_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(90_001);
});
