import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { CANARIES } from "./canaries.ts";
import type { Job } from "./simulate-worker.ts";
import type { Outcome } from "./simulation.ts";
import { tellOutcome } from "./tell-outcome.ts";

/** Runs seeds, or one of them again; exit 1 at a violation. */

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    canary: { type: "string" },
    history: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
  },
});
const { canary, history, quiet } = values;
if (canary !== undefined && !(canary in CANARIES)) {
  throw new Error(`no canary "${canary}"; there is: ${Object.keys(CANARIES).join(", ")}`);
}
let next = Number(values.seed ?? values.from);
const end = next + (values.seed === undefined ? Number(values.seeds) : 1);
const count = end - next;
const startedMs = performance.now();
const broken: number[] = [];
let virtualMs = 0;
let storedCount = 0;
let thinnedCount = 0;
let lostCount = 0;

function took(outcome: Outcome): void {
  virtualMs += outcome.virtualMs;
  storedCount += outcome.storedCount;
  thinnedCount += outcome.thinnedCount;
  lostCount += outcome.lostCount;
  if (outcome.violation) broken.push(outcome.seed);
  if (!quiet || outcome.violation) process.stdout.write(`${tellOutcome(outcome)}\n`);
}

/** What died in a power cut of the simulation keeps its memory: a thread ends now and then. */
const SEEDS_PER_THREAD = 40;

/** One thread after the other takes the next seed until there is none. */
async function work(): Promise<void> {
  while (next < end) await workInThread();
}

function workInThread(): Promise<void> {
  const worker = new Worker(new URL("./simulate-worker.ts", import.meta.url), {
    execArgv: ["--conditions=headgate-source"],
  });
  let left = SEEDS_PER_THREAD;
  const give = () => {
    const isDue = next < end && left-- > 0;
    const job: Job | null = isDue ? { seed: next++, canary, hasHistory: history } : null;
    worker.postMessage(job);
  };
  return new Promise((resolve, reject) => {
    worker.on("message", (outcome: Outcome) => {
      took(outcome);
      give();
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
    give();
  });
}

await Promise.all(Array.from({ length: Math.min(count, Number(values.jobs)) }, work));
const seconds = Math.round((performance.now() - startedMs) / 1000);
const hours = (virtualMs / 3_600_000).toFixed(1);
const samples = `${storedCount} samples stored, ${thinnedCount} thinned, ${lostCount} in gaps`;
const verdict = broken.length === 0 ? "none broken" : `broken: ${broken.sort((a, b) => a - b)}`;
process.stdout.write(
  `${count} seeds, ${hours} h of virtual time in ${seconds} s, ${samples}, ${verdict}\n`,
);
process.exitCode = broken.length === 0 ? 0 : 1;
