import { expect, it } from "vitest";
import { planKills } from "./kill-plan.ts";

const options = { durationMs: 600_000, kills: { gateway: 30, broker: 10, receiver: 10 } };

it("kills each as often as told, all the time through, the same for the same seed", () => {
  const plan = planKills({ ...options, seed: 1 });
  const count = (victim: string) => plan.filter((kill) => kill.victim === victim).length;
  expect([count("gateway"), count("broker"), count("receiver")]).toEqual([30, 10, 10]);
  expect(plan.filter(({ atMs }) => atMs < 300_000).length).toBeGreaterThan(10);
  expect(plan.filter(({ atMs }) => atMs > 300_000).length).toBeGreaterThan(10);
  expect(plan.every(({ downMs }) => downMs >= 0 && downMs < 5000)).toBe(true);
  expect(planKills({ ...options, seed: 1 })).toEqual(plan);
  expect(planKills({ ...options, seed: 2 })).not.toEqual(plan);
});
