import { describe, expect, it } from "vitest";
import { CANARIES } from "./canaries.ts";
import { simulate } from "./simulation.ts";
import { tellOutcome } from "./tell-outcome.ts";

const SEEDS = Array.from({ length: 15 }, (_, index) => index + 1);
const CANARY_SEEDS_MAX = 50;

describe("a simulated gateway, its network and its receiver", () => {
  it.each(SEEDS)("keep their promises in ten minutes of storm and calm, seed %i", async (seed) => {
    const outcome = await simulate(seed);
    expect(outcome.violation === null ? "" : tellOutcome(outcome)).toBe("");
    expect(outcome.storedCount).toBeGreaterThan(5000);
  });

  it("live the same life again by the same seed", async () => {
    const [once, again] = [await simulate(7), await simulate(7)];
    expect(again).toEqual(once);
    expect(await simulate(8)).not.toEqual({ ...once, seed: 8 });
  });
});

describe("the simulation sees when", () => {
  it.each(Object.entries(CANARIES))("%s", async (_mistake, canary) => {
    expect(await firstBroken(canary)).toMatchObject({ violation: { text: expect.any(String) } });
  });
});

async function firstBroken(canary: Parameters<typeof simulate>[1]) {
  for (let seed = 1; seed <= CANARY_SEEDS_MAX; seed++) {
    const outcome = await simulate(seed, canary);
    if (outcome.violation) return outcome;
  }
  return undefined;
}
