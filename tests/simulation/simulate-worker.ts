// A thread that lives seeds, one after the other.
import { parentPort } from "node:worker_threads";
import { CANARIES } from "./canaries.ts";
import { simulate } from "./simulation.ts";

/** What the thread is given; null ends it. */
export interface Job {
  readonly seed: number;
  readonly canary: string | undefined;
  readonly hasHistory: boolean;
}

// Each abort makes an error, and each error its stack.
Error.stackTraceLimit = 4;

parentPort?.on("message", async (job: Job | null) => {
  if (job === null) {
    parentPort?.close();
    return;
  }
  const canary = CANARIES[job.canary ?? ""];
  const tell = (line: string) => process.stdout.write(`${line}\n`);
  const outcome = await simulate(job.seed, {
    ...(canary ? { canary } : {}),
    ...(job.hasHistory ? { tell } : {}),
  });
  parentPort?.postMessage(outcome);
});
