import { parseArgs } from "node:util";
import { fuzzMeterFrames } from "@headgate/drivers/testing";

// Frames of DL/T 645 and CJ/T 188, half of them broken, through their parsers. Ends with 0 if
// none crashed one.

const { values } = parseArgs({
  options: { frames: { type: "string", default: "10000000" }, seed: { type: "string" } },
});
const step = 1_000_000;
const total = Number(values.frames);
const firstSeed = Number(values.seed ?? 1);
const sum = { sentCount: 0, brokenCount: 0, foundCount: 0, answeredCount: 0, undetectedCount: 0 };
const startedMs = performance.now();
for (let seed = firstSeed; sum.sentCount < total; seed++) {
  const count = Math.min(step, total - sum.sentCount);
  const outcome = fuzzMeterFrames({ count, seed });
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += outcome[key];
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${seconds} s, seed ${seed}: ${JSON.stringify(sum)}`);
}
