import { spawn } from "node:child_process";
import { Rng } from "../../simulation/rng.ts";
import { DiskReplay } from "./disk-image.ts";
import type { Recording } from "./recording.ts";
import { TRACED } from "./trace-reader.ts";

/** What is recorded. */
export interface RecordOptions {
  /** A program: `life.ts FOLDER SEED FIRST-COUNTER TURNS`. */
  readonly life: string;
  readonly seed: number;
  readonly lives: number;
  readonly turnsMax: number;
}

const COUNTERS_PER_LIFE = 1_000_000;
const LIFE_MS_MAX = 120_000;

/**
 * Lets a program live in the folder a few times, killed or closed at the end of each life, and
 * takes in all that its disk and we were told. False if a kill cut off a call whose effect is not
 * known: record again with another seed.
 */
export async function record(
  recording: Recording,
  { life, seed, lives, turnsMax }: RecordOptions,
): Promise<boolean> {
  const rng = new Rng(seed);
  for (let count = 0; count < lives; count++) {
    const first = String(count * COUNTERS_PER_LIFE);
    const turns = String(rng.between(10, turnsMax));
    const { path } = recording.folder;
    const words = [life, path, String(rng.between(1, 2 ** 31)), first, turns];
    const isKilled = await live(words, recording.nextTrace);
    await recording.readNext();
    const differences = unexplained(recording);
    if (differences.length === 0) continue;
    if (isKilled) return false;
    throw new Error(`the trace does not explain ${differences.join(", ")}`);
  }
  return true;
}

/** That everything replayed is what is really there shows that the trace was understood. */
function unexplained({ folder, reader }: Recording): string[] {
  const everything = { at: Number.POSITIVE_INFINITY, fate: "all", rng: new Rng(0) } as const;
  return folder.differences(new DiskReplay(reader.root).imageAt(everything));
}

/** Whether it was killed. */
async function live(words: readonly string[], trace: string): Promise<boolean> {
  const node = [process.execPath, "--conditions=headgate-source", ...words];
  const strace = ["-f", "-qq", "-xx", "-s", "99999999", "--seccomp-bpf", "-e", `trace=${TRACED}`];
  const child = spawn("strace", [...strace, "-o", trace, ...node], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: LIFE_MS_MAX,
  });
  let trouble = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    trouble += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...how) => resolve(how));
  });
  // strace ends as its program did.
  if (code !== 0 && signal !== "SIGKILL") throw new Error(`a life ended with ${code}: ${trouble}`);
  return signal === "SIGKILL";
}
