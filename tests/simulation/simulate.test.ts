import { describe, expect, it } from "vitest";
import { CANARIES } from "./canaries.ts";
import { simulate } from "./simulation.ts";
import { tellOutcome } from "./tell-outcome.ts";

const SEEDS = Array.from({ length: 15 }, (_, index) => index + 1);
/** Mostly the first or the second; a change of the code may move it. */
const CANARY_SEEDS_MAX = 200;
/** Each takes a second or two; a machine that is busy with other things, much more. */
const MINUTES_MS = 600_000;

describe("a simulated gateway, its broker and its receivers", () => {
  it.each(SEEDS)(
    "keep their promises in ten minutes of storm and calm, seed %i",
    async (seed) => {
      const outcome = await simulate(seed);
      expect(outcome.violation === null ? "" : tellOutcome(outcome)).toBe("");
      expect(outcome.storedCount).toBeGreaterThan(2000);
    },
    MINUTES_MS,
  );

  it(
    "live the same life again by the same seed, to the last event",
    async () => {
      const [once, again] = [await simulate(7), await simulate(7)];
      expect(again).toEqual(once);
      expect((await simulate(8)).digest).not.toBe(once.digest);
    },
    MINUTES_MS,
  );
});

describe("the simulation sees when", () => {
  it.each(Object.entries(CANARIES))(
    "%s",
    async (_mistake, canary) => {
      expect(await firstBroken(canary)).toMatchObject({ violation: { text: expect.any(String) } });
    },
    MINUTES_MS,
  );
});

async function firstBroken(canary: (typeof CANARIES)[string]) {
  for (let seed = 1; seed <= CANARY_SEEDS_MAX; seed++) {
    const outcome = await simulate(seed, { canary });
    if (outcome.violation) return outcome;
  }
  return undefined;
}
