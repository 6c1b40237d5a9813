import { parseArgs } from "node:util";
import { CANARIES } from "./canaries.ts";
import { simulate } from "./simulation.ts";
import { tellOutcome } from "./tell-outcome.ts";

/** Runs seeds, or one of them again; exit 1 at a violation. */

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string" },
    canary: { type: "string" },
  },
});
const first = Number(values.seed ?? 1);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const canary = values.canary === undefined ? undefined : CANARIES[values.canary];
if (values.canary !== undefined && !canary) {
  throw new Error(`no canary "${values.canary}"; there is: ${Object.keys(CANARIES).join(", ")}`);
}
let brokenCount = 0;
let virtualMs = 0;
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulate(seed, canary);
  virtualMs += outcome.virtualMs;
  if (outcome.violation) brokenCount++;
  process.stdout.write(`${tellOutcome(outcome)}\n`);
}
const hours = (virtualMs / 3_600_000).toFixed(1);
process.stdout.write(`${count} seeds, ${hours} h of virtual time, ${brokenCount} broken\n`);
process.exitCode = brokenCount === 0 ? 0 : 1;
