import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeError, systemClock } from "@headgate/model";
import { GATE_MS_MAX, HUNG_FACTOR, RESTART_CODE } from "./launch-contract.ts";
import { atStart, type ReleaseState, stoppedByHand, wentBack } from "./release-state.ts";
import { readState, writeState } from "./state-file.ts";

const PAUSE_MS = 2_000;
const KILL_MS = 10_000;

interface Launch {
  /** Of the versions. */
  readonly folder: string;
  /** For the version. */
  readonly words: readonly string[];
  readonly stop: AbortSignal;
  /** Before a version on trial is started again; `PAUSE_MS` if absent. */
  readonly pauseMs?: number;
}

/** Starts the current version, and again what is current then, until it ends for good. */
export class Launcher {
  readonly #launch: Launch;
  /** What the disk did not take, and what it has instead. */
  #unsaved: { readonly state: ReleaseState; readonly onDisk: string } | null = null;

  constructor(launch: Launch) {
    this.#launch = launch;
  }

  /** Resolves with the code to end with. */
  async run(): Promise<number> {
    const { stop, pauseMs = PAUSE_MS } = this.#launch;
    while (!stop.aborted) {
      const found = await this.#find();
      if (found === null) {
        say(50, "no version is installed here; see headgate update install");
        return 2;
      }
      const state = atStart(found, { bootId: bootId(), nowMs: systemClock.nowMs() });
      if (state !== found) await this.#save(state);
      if (state.current !== found.current) tellBack(state);
      const code = await this.#runVersion(state);
      const now = (await this.#find()) ?? state;
      if (stop.aborted) {
        const kept = stoppedByHand(now);
        if (code === 0 && now.current === state.current && kept !== now) await this.#save(kept);
        return code;
      }
      const isOther = now.current !== state.current;
      if (isOther) tellBack(now);
      if (isOther || code === RESTART_CODE) continue;
      if (now.trial === null) return code;
      say(40, `version ${state.current} ended with code ${code} within its trial`);
      await systemClock.sleep(pauseMs, stop);
      if (stop.aborted) return code;
    }
    return 0;
  }

  /** Its exit code, or 1 for what a signal ended. */
  async #runVersion(state: ReleaseState): Promise<number> {
    const { folder, words, stop } = this.#launch;
    const env = { ...process.env, HEADGATE_RELEASES: folder, HEADGATE_RELEASE: state.current };
    const stdio = ["inherit", "inherit", "inherit", "ipc"] as const;
    const main = this.#mainOf(state.current);
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
    stop.addEventListener("abort", letGo, { once: true });
    // Whoever was told to stop is not told again.
    if (stop.aborted) letGo();
    const watching = state.trial ? this.#endHung(child, state, ended.signal) : Promise.resolve();
    const code = await done;
    ended.abort();
    await watching;
    stop.removeEventListener("abort", letGo);
    return code;
  }

  /** A version that neither confirms itself nor gives up in time hangs. */
  async #endHung(child: ChildProcess, { current }: ReleaseState, ended: AbortSignal) {
    const seconds = Number(process.env.HEADGATE_GATE_SECONDS);
    const gateMs = seconds > 0 ? seconds * 1000 : GATE_MS_MAX;
    await systemClock.sleep(gateMs * HUNG_FACTOR, ended);
    const state = await this.#find();
    if (ended.aborted || !state?.trial || state.current !== current) return;
    child.kill("SIGTERM");
    await systemClock.sleep(KILL_MS, ended);
    child.kill("SIGKILL");
    await systemClock.sleep(KILL_MS, ended);
    const why = `version ${current} said nothing in its trial`;
    await this.#save(wentBack(state, why, systemClock.nowMs()));
  }

  /** A full disk is no reason to read no meters: then it holds as long as this process does. */
  async #save(state: ReleaseState): Promise<void> {
    try {
      await writeState(this.#launch.folder, state);
      this.#unsaved = null;
    } catch (error) {
      say(50, "versions.json could not be written", { reason: describeError(error) });
      this.#unsaved = { state, onDisk: JSON.stringify(await this.#read()) };
    }
  }

  async #find(): Promise<ReleaseState | null> {
    const state = await this.#read();
    const { current = null, previous = null } = state ?? {};
    // What was written by others since then is newer.
    if (this.#unsaved?.onDisk === JSON.stringify(state)) return this.#unsaved.state;
    this.#unsaved = null;
    if (state !== null && this.#isThere(current)) return state;
    if (state !== null && this.#isThere(previous)) {
      const why = `the files of version ${current} are gone`;
      const back = wentBack(state, why, systemClock.nowMs());
      tellBack(back);
      await this.#save(back);
      return back;
    }
    return this.#newest();
  }

  async #read(): Promise<ReleaseState | null> {
    try {
      return await readState(this.#launch.folder);
    } catch (error) {
      say(50, "versions.json could not be read", { reason: describeError(error) });
      return null;
    }
  }

  /** Where the file is damaged, the newest version that is there is better than none. */
  #newest(): ReleaseState | null {
    const parts = (name: string) => name.split(".").map((part) => part.padStart(9, "0"));
    const versions = readdirSync(this.#launch.folder)
      .filter((name) => /^\d+\.\d+\.\d+$/.test(name) && this.#isThere(name))
      .toSorted((one, other) => (`${parts(one)}` < `${parts(other)}` ? -1 : 1));
    const current = versions.at(-1);
    if (current === undefined) return null;
    say(50, `versions.json is damaged or gone: version ${current} is taken`);
    return { format: 1, current, previous: null, trial: null, last: null };
  }

  #isThere(version: string | null): boolean {
    return version !== null && existsSync(this.#mainOf(version));
  }

  #mainOf(version: string): string {
    return join(this.#launch.folder, version, "dist", "main.js");
  }
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
