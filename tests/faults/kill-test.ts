import { parseArgs } from "node:util";
import { BUILT_HEADGATE } from "../integration/peers/headgate.ts";
import { runKillTest } from "./run-kill-test.ts";

/**
 * `kill -9` at random, and the record compared with what was committed; exit 1 if it differs.
 * `--kills 1000` kills the gateway alone, as often, every few seconds.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    gateway: { type: "string", default: "30" },
    broker: { type: "string", default: "10" },
    receiver: { type: "string", default: "10" },
    kills: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    program: { type: "string", default: BUILT_HEADGATE },
  },
});
const seed = Number(values.seed);
const SECONDS_A_KILL = 3;
const plan = values.kills === undefined ? longPlan() : fastPlan(Number(values.kills));
const minutes = (plan.durationMs / 60_000).toFixed(1);
process.stdout.write(`kill test with seed ${seed}, ${minutes} min\n`);

function longPlan() {
  const { gateway, broker, receiver } = values;
  const kills = { gateway: Number(gateway), broker: Number(broker), receiver: Number(receiver) };
  return { durationMs: Number(values.minutes) * 60_000, kills };
}

function fastPlan(count: number) {
  const kills = { gateway: count, broker: 0, receiver: 0 };
  return { durationMs: 1000 * SECONDS_A_KILL * count, kills, gatewayDownMsMax: 200 };
}

const { examples, violations, folder, ...figures } = await runKillTest({
  seed,
  ...plan,
  program: values.program,
  say: (line) => process.stdout.write(`${line}\n`),
});

for (const [name, value] of Object.entries(figures)) {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(3);
  process.stdout.write(`${name.padEnd(18)} ${text.padStart(10)}\n`);
}
for (const line of [...violations, ...examples]) process.stdout.write(`${line}\n`);
if (violations.length > 0) {
  process.stdout.write(`failed with seed ${seed}; files are in ${folder}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write("nothing lost, nothing twice, nothing wrong\n");
}
