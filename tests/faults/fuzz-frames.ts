// Frames, half of them broken, through every parser of what devices, cameras, other masters and
// people give us. Prints a table; ends with 0 if none of them threw, hung, grew, or took what is
// none for an answer.
// usage: fuzz-frames [--frames 10000000] [--seed 1] [--parser NAME]... [--list]
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { driverTargets, type FuzzTarget } from "@headgate/drivers/testing";
import { gatewayTargets } from "@headgate/gateway/testing";
import type { FuzzJob, FuzzReport } from "./fuzz-worker.ts";

/** So often it is looked whether a parser goes on. */
const TICK_MS = 1000;
/** Of this process, while one frame is parsed: a busy machine adds nothing. None takes a tenth. */
const FRAME_CPU_MS_MAX = 20_000;
/** Of JavaScript; a parser that needs more of it keeps what it should not. */
const HEAP_MB_MAX = 256;
const GROWN_MB_MAX = 200;

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    parser: { type: "string", multiple: true },
    list: { type: "boolean", default: false },
  },
});

const targets: readonly FuzzTarget[] = [...(await driverTargets()), ...(await gatewayTargets())];
const asked = targets.filter(({ name }) => values.parser?.includes(name) ?? true);
if (values.list) {
  for (const { name } of targets) console.log(name);
} else {
  if (asked.length === 0) throw new Error("no parser has that name; --list tells them");
  console.log(row(["parser", "frames", "seconds", "answers", "refusals", "wrong", "grown", ""]));
  for (const target of asked) {
    const isWell = await tell(target);
    if (!isWell) process.exitCode = 1;
  }
}

async function tell(target: FuzzTarget): Promise<boolean> {
  const { name, share, wrongPerMillionMax } = target;
  const count = Math.ceil(Number(values.frames) * share);
  const startedMs = performance.now();
  const report = await runApart({ name, count, seed: Number(values.seed) });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if ("broken" in report) {
    console.log(row([name, `${count}`, seconds, "", "", "", "", "BROKE"]));
    console.log(`  ${report.broken}`);
    return false;
  }
  const { answerCount, refusalCount, wrongCount, grownMb } = report;
  const wrongMax = Math.ceil((wrongPerMillionMax * count) / 1e6);
  const faults = [
    ...(wrongCount > wrongMax ? [`WRONG: at most ${wrongMax}`] : []),
    ...(grownMb > GROWN_MB_MAX ? [`GREW: at most ${GROWN_MB_MAX} MB`] : []),
    ...(answerCount === 0 || refusalCount === 0 ? ["IDLE: nothing was taken, or all"] : []),
  ];
  const counts = [answerCount, refusalCount, wrongCount].map(String);
  console.log(row([name, `${count}`, seconds, ...counts, `${grownMb} MB`, faults.join(", ")]));
  return faults.length === 0;
}

/** In a thread of its own, which is watched and can be ended. */
function runApart(job: Omit<FuzzJob, "progress">): Promise<FuzzReport> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./fuzz-worker.ts", import.meta.url), {
    workerData: { ...job, progress } satisfies FuzzJob,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  return new Promise((resolve) => {
    let [last, sinceMs] = [-1, 0];
    const end = (report: FuzzReport) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(report);
    };
    const place = () => `seed ${Atomics.load(progress, 1)}, frame ${Atomics.load(progress, 0)}`;
    const watch = setInterval(() => {
      const now = Atomics.load(progress, 0) + Atomics.load(progress, 1) * 1e6;
      if (now !== last) sinceMs = usedMs();
      last = now;
      const hangs = usedMs() - sinceMs > FRAME_CPU_MS_MAX;
      if (hangs) end({ broken: `${job.name} hangs at ${place()}` });
    }, TICK_MS);
    worker.once("message", end);
    worker.once("error", (error) => end({ broken: `${String(error)} (${place()})` }));
  });
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function row(cells: readonly string[]): string {
  const [name = "", ...others] = cells;
  return `${name.padEnd(24)}${others.map((cell) => cell.padStart(10)).join(" ")}`.trimEnd();
}
