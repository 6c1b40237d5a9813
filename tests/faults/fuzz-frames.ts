// Frames, half of them broken, through the parsers of all field protocols. Ends with 0 if none
// crashed one, hung, or took what is no answer for one.
// usage: fuzz-frames [--frames 10000000] [--seed 1] [--parser NAME]
import { parseArgs } from "node:util";
import { FUZZED, type Fuzzed, fuzzMeterFrames, fuzzModbusFrames } from "@headgate/drivers/testing";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    parser: { type: "string" },
  },
});
const step = 1_000_000;
const total = Number(values.frames);
const parsers: readonly (Fuzzed | "meters")[] = [...FUZZED, "meters"];
/** Of sums of eight or sixteen bits so many broken frames in a million may pass. */
const WRONG_PER_MILLION: Readonly<Record<string, number>> = { ascii: 500, rtu: 20 };

for (const parser of parsers.filter((one) => (values.parser ?? one) === one)) {
  const sum: Record<string, number> = {};
  const startedMs = performance.now();
  for (let sent = 0, seed = Number(values.seed); sent < total; seed++) {
    const count = Math.min(step, total - sent);
    const outcome =
      parser === "meters"
        ? fuzzMeterFrames({ count, seed })
        : await fuzzModbusFrames(parser, { count, seed });
    for (const [key, value] of Object.entries(outcome)) sum[key] = (sum[key] ?? 0) + value;
    sent += count;
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${parser}: ${JSON.stringify(sum)}, ${seconds} s\n`);
  const wrongMax = ((WRONG_PER_MILLION[parser] ?? 0) * total) / 1e6;
  if ((sum.wrongCount ?? 0) > wrongMax) process.exitCode = 1;
}
