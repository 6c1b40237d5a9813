import { parentPort, workerData } from "node:worker_threads";
import { driverTargets, type FuzzCounts, fuzz } from "@headgate/drivers/testing";
import { gatewayTargets } from "@headgate/gateway/testing";

/** What one thread does. */
export interface FuzzJob {
  readonly name: string;
  readonly count: number;
  readonly seed: number;
  /** The frame, and the seed it is of: seen from outside while the thread may hang. */
  readonly progress: Int32Array;
}

export type FuzzReport = { readonly broken: string } | (FuzzCounts & { readonly grownMb: number });

/** So many frames have one seed: what broke is seen again with `--seed` and as many frames. */
const FRAMES_PER_SEED = 100_000;

async function run({ name, count, seed, progress }: FuzzJob): Promise<FuzzReport> {
  const targets = [...(await driverTargets()), ...(await gatewayTargets())];
  const target = targets.find((one) => one.name === name);
  if (!target) throw new Error(`no parser "${name}"`);
  const sum = { answerCount: 0, refusalCount: 0, wrongCount: 0 };
  let [firstMb, mostMb] = [0, 0];
  for (let done = 0, at = seed; done < count; at++) {
    const step = Math.min(FRAMES_PER_SEED, count - done);
    Atomics.store(progress, 1, at);
    const onFrame = (index: number) => void Atomics.store(progress, 0, index);
    const counts = await fuzz(target, { count: step, seed: at, onFrame });
    for (const key of ["answerCount", "refusalCount", "wrongCount"] as const) {
      sum[key] += counts[key];
    }
    done += step;
    const usedMb = process.memoryUsage.rss() / 1e6;
    // What is loaded and compiled once is no growth.
    if (firstMb === 0) firstMb = usedMb;
    mostMb = Math.max(mostMb, usedMb);
  }
  return { ...sum, grownMb: Math.round(mostMb - firstMb) };
}

const report = await run(workerData as FuzzJob).catch((error: unknown): FuzzReport => {
  return { broken: error instanceof Error ? error.message : String(error) };
});
parentPort?.postMessage(report);
