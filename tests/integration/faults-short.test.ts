import { expect, it } from "vitest";
import { runKillTest } from "../faults/run-kill-test.ts";
import { BUILT_HEADGATE } from "./peers/headgate.ts";

const SEED = 20_261;

it("keeps each committed sample once while gateway, broker and receiver are killed", async () => {
  const { violations, examples, storedCount } = await runKillTest({
    seed: SEED,
    durationMs: 30_000,
    kills: { gateway: 4, broker: 2, receiver: 2 },
    program: BUILT_HEADGATE,
    say: () => {},
  });
  expect({ violations, examples }).toEqual({ violations: [], examples: [] });
  expect(storedCount).toBeGreaterThan(20_000);
});
