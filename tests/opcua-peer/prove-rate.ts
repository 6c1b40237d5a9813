import assert from "node:assert/strict";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { IndependentPeer } from "./independent-peer.ts";
import { openChannel, type Proof, pointOf } from "./proof.ts";

const ITEMS = 10_000;
const SECONDS = 10;
const ROUNDS = 5;
const TRIES_MAX = 15;
/** Of what was offered: with less each message brings less, and costs as much. */
const SHARE_MIN = 0.75;
const RATIO_MIN = 0.9;

/** What came in a while: changes a second, and how long the main thread stood still at most. */
interface Rate {
  readonly perSecond: number;
  readonly freezeMs: number;
  /** CPU time of the whole process for a change, of all its threads. */
  readonly cpuMicros: number;
}

/**
 * The driver's subscription against the library's own, bare: in turns, in one run, 10,000 items
 * that all change each period. Judged by CPU time, so by the rate that one core would bear, in
 * rounds in which both were given most of what the server offers: on a busy machine it does not.
 */
export const proveRate: Proof = async ({ program, directory, periodMs, say }) => {
  const settings = { changing: ITEMS, period: periodMs };
  const peer = await IndependentPeer.start(program, { pki: join(directory, "peer"), settings });
  const wanted = (SHARE_MIN * ITEMS * 1000) / periodMs;
  const ratios: number[] = [];
  try {
    for (let tries = 0; tries < TRIES_MAX && ratios.length < ROUNDS; tries++) {
      const bare = await bareRate(peer.endpoint);
      const own = await driverRate(peer.endpoint, directory);
      const counts = Math.min(bare.perSecond, own.perSecond) >= wanted;
      if (counts) ratios.push(bare.cpuMicros / own.cpuMicros);
      say(`bare ${told(bare)}; driver ${told(own)}${counts ? "" : "; does not count"}`);
    }
  } finally {
    await peer.stop();
  }
  assert.equal(ratios.length, ROUNDS, "the machine is too busy to measure anything");
  const ratio = median(ratios);
  say(`changes a CPU second ${ratio.toFixed(3)} of the bare library's (median of ${ROUNDS})`);
  assert.ok(ratio >= RATIO_MIN, `at least ${RATIO_MIN}`);
};

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const told = ({ perSecond, freezeMs, cpuMicros }: Rate) =>
  `${Math.round(perSecond)} changes/s, ${cpuMicros.toFixed(2)} µs CPU each, ` +
  `its thread still ${freezeMs.toFixed(0)} ms at most`;

async function measure(counted: () => number): Promise<Rate> {
  await sleep(3000);
  // Not often: each look wakes a thread that has nothing else to do, and costs what is measured.
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  const [before, startMs, cpu] = [counted(), performance.now(), process.cpuUsage()];
  await sleep(SECONDS * 1000);
  const count = counted() - before;
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (count * 1000) / (performance.now() - startMs);
  delay.disable();
  return { perSecond, freezeMs: delay.max / 1e6, cpuMicros: (user + system) / count };
}

async function driverRate(endpoint: string, directory: string): Promise<Rate> {
  const ending = new AbortController();
  const connection = await openChannel(directory, { endpoint, publishingInterval: "100 ms" });
  const points = names().map((name) => pointOf(name, { sampling: "50 ms" }));
  let count = 0;
  const emit = (samples: readonly unknown[]) => {
    count += samples.length;
  };
  const ended = connection.subscribe?.(points, emit, ending.signal);
  const rate = await measure(() => count);
  ending.abort();
  await ended;
  await connection.close();
  return rate;
}

/** In a thread that is like a program of its own: whose main thread the library would be on. */
async function bareRate(endpoint: string): Promise<Rate> {
  const file = fileURLToPath(new URL("./bare-subscriber.ts", import.meta.url));
  const workerData = { endpoint, names: names(), seconds: SECONDS };
  const worker = new Worker(file, { workerData, execArgv: ["--conditions=headgate-source"] });
  return await new Promise<Rate>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function names(): string[] {
  return Array.from({ length: ITEMS }, (_, n) => `Counters.C${String(n).padStart(5, "0")}`);
}
