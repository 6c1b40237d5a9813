#!/usr/bin/env node
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@headgate/model";
import { GATE_MS_MAX, HUNG_FACTOR, RESTART_CODE } from "./launch-contract.ts";
import { atStart, type ReleaseState, stoppedByHand, wentBack } from "./release-state.ts";
import { readState, writeState } from "./state-file.ts";

// Starts the current version, from the folder in which it lies itself. No update replaces it, so it
// is as small as can be: it knows the state's file, and one process.

const PAUSE_MS = 2_000;
const KILL_MS = 10_000;

const folder = dirname(fileURLToPath(import.meta.url));
const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort());
process.exitCode = await launch(process.argv.slice(2));

async function launch(words: readonly string[]): Promise<number> {
  for (;;) {
    const found = await findState();
    if (found === null) {
      say(50, "no version is installed here; see headgate update install");
      return 2;
    }
    const state = atStart(found, { bootId: bootId(), nowMs: systemClock.nowMs() });
    if (state !== found) await writeState(folder, state);
    if (state.current !== found.current) tellBack(state);
    const code = await runVersion(state, words);
    const now = (await findState()) ?? state;
    if (stop.signal.aborted) {
      if (code === 0 && now.current === state.current) await writeState(folder, stoppedByHand(now));
      return code;
    }
    const isOther = now.current !== state.current;
    if (isOther) tellBack(now);
    if (isOther || code === RESTART_CODE) continue;
    if (now.trial === null) return code;
    say(40, `version ${state.current} ended with code ${code} within its trial`);
    await systemClock.sleep(PAUSE_MS, stop.signal);
    if (stop.signal.aborted) return code;
  }
}

/** Its exit code, or 1 for what a signal ended. */
async function runVersion(state: ReleaseState, words: readonly string[]): Promise<number> {
  const main = join(folder, state.current, "dist", "main.js");
  const env = { ...process.env, HEADGATE_RELEASES: folder, HEADGATE_RELEASE: state.current };
  const stdio = ["inherit", "inherit", "inherit", "ipc"] as const;
  const child = spawn(process.execPath, [main, ...words], { env, stdio: [...stdio] });
  const ended = new AbortController();
  const done = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      say(50, `version ${state.current} could not be started`, { reason: error.message });
      resolve(1);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
  // It stops when nobody is at the other end: also where this process is killed.
  const letGo = () => child.connected && child.disconnect();
  stop.signal.addEventListener("abort", letGo, { once: true });
  const watching = state.trial ? endHung(child, state, ended.signal) : Promise.resolve();
  const code = await done;
  ended.abort();
  await watching;
  stop.signal.removeEventListener("abort", letGo);
  return code;
}

/** A version that neither confirms itself nor gives up in time hangs. */
async function endHung(child: ChildProcess, { current }: ReleaseState, ended: AbortSignal) {
  const seconds = Number(process.env.HEADGATE_GATE_SECONDS);
  const gateMs = seconds > 0 ? seconds * 1000 : GATE_MS_MAX;
  await systemClock.sleep(gateMs * HUNG_FACTOR, ended);
  const state = await findState();
  if (ended.aborted || !state?.trial || state.current !== current) return;
  child.kill("SIGTERM");
  await systemClock.sleep(KILL_MS, ended);
  child.kill("SIGKILL");
  await systemClock.sleep(KILL_MS, ended);
  const why = `version ${current} said nothing in its trial`;
  await writeState(folder, wentBack(state, why, systemClock.nowMs()));
}

/** Where the file is damaged, the newest version that is there is better than none. */
async function findState(): Promise<ReleaseState | null> {
  const state = await readState(folder);
  if (state !== null) return state;
  const parts = (name: string) => name.split(".").map((part) => part.padStart(9, "0"));
  const versions = readdirSync(folder)
    .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
    .filter((name) => existsSync(join(folder, name, "dist", "main.js")))
    .toSorted((one, other) => (`${parts(one)}` < `${parts(other)}` ? -1 : 1));
  const current = versions.at(-1);
  if (current === undefined) return null;
  say(50, `versions.json is damaged or gone: version ${current} is taken`);
  return { format: 1, current, previous: null, trial: null, last: null };
}

/** Changes with each start of the machine. */
function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null; // No Linux: starts are counted all the same.
  }
}

function tellBack({ current, last }: ReleaseState): void {
  if (last?.kind === "went-back") say(50, `back to version ${current}`, { reason: last.why });
  else say(30, `version ${current} starts`);
}

/** As the gateway logs: for people on a terminal, else JSON. */
function say(level: 30 | 40 | 50, msg: string, more: object = {}): void {
  const line = { level, time: systemClock.nowMs(), msg: `launcher: ${msg}`, ...more };
  const text = process.stderr.isTTY ? `${line.msg} ${Object.values(more)}` : JSON.stringify(line);
  process.stderr.write(`${text}\n`);
}
