// Cuts the power of the buffer and of the receiver's store at random; exit 1 if anything is lost.
// usage: power-cut [--images 10000] [--seed N] [--jobs 2] [--subject buffer|receiver]
// A recording in which something is lost is kept and can be judged again, at the same places or at
// all between two: power-cut --again FOLDER [--from PLACE --to PLACE] --subject buffer|receiver
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RECEIVER } from "./receiver-subject.ts";
import { Recording } from "./recording.ts";
import { BUFFER, judgeRecording, type PowerCutResult, runPowerCut } from "./run-power-cut.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: String(cpus().length) },
    subject: { type: "string", default: "both" },
    turns: { type: "string", default: "600" },
    again: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
  },
});
const SUBJECTS = { buffer: BUFFER, receiver: RECEIVER };
const IMAGES_PER_RECORDING = 200;

/** One process for each job: opening a database keeps a whole core busy. */
async function runJobs(subject: string, images: number): Promise<PowerCutResult[]> {
  const jobs = Number(values.jobs);
  return Promise.all(
    Array.from({ length: jobs }, (_, index) => {
      const share = Math.floor(images / jobs) + (index < images % jobs ? 1 : 0);
      const seed = Number(values.seed) + 1000 * index;
      return runJob(["--subject", subject, "--images", String(share), "--seed", String(seed)]);
    }),
  );
}

function runJob(words: readonly string[]): Promise<PowerCutResult> {
  const node = ["--conditions=headgate-source", import.meta.filename, "--jobs", "1", ...words];
  const turns = ["--turns", values.turns];
  const child = spawn(process.execPath, [...node, ...turns], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // Each image starts a thread that loads the same modules.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "headgate-compile-cache") },
  });
  return new Promise((resolve, reject) => {
    child.once("message", (result) => resolve(result as PowerCutResult));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`a job ended with ${code}`)));
  });
}

async function runHere(subject: keyof typeof SUBJECTS): Promise<PowerCutResult> {
  const parent = await mkdtemp(join(tmpdir(), "headgate-power-"));
  const result = await runPowerCut({
    seed: Number(values.seed),
    images: Number(values.images),
    imagesPerRecording: IMAGES_PER_RECORDING,
    turnsMax: Number(values.turns),
    subject: SUBJECTS[subject],
    parent,
    say: (line) => process.stdout.write(`${subject}, seed ${values.seed}: ${line}\n`),
  });
  // What is wrong is to be looked at.
  if (result.violations.length === 0) await rm(parent, { recursive: true, force: true });
  return result;
}

/** A recording that was kept; returns how many violations there are. */
async function judgeAgain(base: string): Promise<number> {
  const { recording, about } = await Recording.find(base);
  const { from, to } = values;
  const places = from && to ? { from: Number(from), to: Number(to) } : {};
  const subject = values.subject === "receiver" ? RECEIVER : BUFFER;
  const { violations } = await judgeRecording(recording, { ...about, ...places }, subject);
  for (const text of violations) process.stdout.write(`${text}\n`);
  return violations.length;
}

/** Prints what the jobs found; returns how many violations that is. */
function tell(subject: string, results: readonly PowerCutResult[]): number {
  const sum = (of: (result: PowerCutResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const found = results.flatMap(({ violations }) => violations);
  const images = `${sum((result) => result.images)} images`;
  const recordings = `${sum((result) => result.recordings)} recordings`;
  const changes = `${sum((result) => result.changes)} changes`;
  const violations = `${found.length} violations`;
  process.stdout.write(`${subject}: ${images} of ${recordings} with ${changes}, ${violations}\n`);
  return found.length;
}

if (process.send) {
  // Without the one that asked, nobody wants to know.
  process.once("disconnect", () => process.exit());
  const subject = values.subject === "receiver" ? "receiver" : "buffer";
  process.send(await runHere(subject), undefined, {}, () => process.disconnect());
} else if (values.again !== undefined) {
  process.exitCode = (await judgeAgain(values.again)) === 0 ? 0 : 1;
} else {
  const subjects = values.subject === "both" ? ["buffer", "receiver"] : [values.subject];
  const startedMs = performance.now();
  process.stdout.write(`power cuts with seed ${values.seed}\n`);
  let violations = 0;
  for (const subject of subjects) {
    const share = subjects.length === 1 ? 1 : shareOf(subject);
    violations += tell(subject, await runJobs(subject, Math.ceil(Number(values.images) * share)));
  }
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  process.stdout.write(`${violations === 0 ? "nothing lost" : "FAILED"}, ${minutes} min\n`);
  process.exitCode = violations === 0 ? 0 : 1;
}

/** Most of the images are the buffer's. */
function shareOf(subject: string): number {
  return subject === "buffer" ? 0.8 : 0.2;
}
