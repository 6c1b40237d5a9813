import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Guard } from "./guard.ts";

const END_MS_MAX = 15_000;
/** Waits for a word on descriptor 3: without one, because who started it is gone, nothing runs. */
const GATE = 'read -r go <&3 && exec 3<&- && exec "$@"';

/** A program that is run, and what its log is. */
export interface ServiceOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly spawn?: SpawnOptions;
  /** How it is asked to end. */
  readonly goodbye?: NodeJS.Signals;
  /** Ends it should this process itself die. */
  readonly guard: Guard;
}

/** A program in a process of its own; it stays down when it was killed, until it is started. */
export class Service {
  readonly name: string;
  readonly #options: ServiceOptions;
  #child: ChildProcess | null = null;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#child !== null) return;
    const { command, args, logPath, spawn: how, guard, goodbye = "SIGTERM" } = this.#options;
    if (guard.isEnding) throw new Error(`${this.name} is not started: all is ending`);
    const log = createWriteStream(logPath, { flags: "a" });
    const child = spawn("/bin/sh", ["-c", GATE, "sh", command, ...args], {
      ...how,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // Of its own group: Ctrl-C is ours, and ends everything in order.
      detached: true,
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const { pid } = child;
    if (pid !== undefined) guard.watch(pid, goodbye);
    const gate = child.stdio[3] as Writable;
    // It was killed before it heard.
    gate.on("error", () => {});
    gate.end("go\n");
    const forget = () => {
      if (pid !== undefined) guard.release(pid);
      if (this.#child === child) this.#child = null;
    };
    child.once("exit", forget);
    child.once("error", (error) => {
      log.write(`cannot start: ${error.message}\n`);
      forget();
    });
    this.#child = child;
  }

  /** Runs it to its end; rejects unless that is a good one. */
  async run(): Promise<void> {
    this.start();
    const child = this.#child;
    const code = await new Promise((resolve, reject) => {
      child?.once("exit", resolve);
      child?.once("error", reject);
    });
    if (code !== 0) throw new Error(`${this.name} failed; see ${this.#options.logPath}`);
  }

  /** As a crash would. */
  kill(): Promise<void> {
    return this.#signal("SIGKILL");
  }

  /** In peace. */
  end(): Promise<void> {
    return this.#signal(this.#options.goodbye ?? "SIGTERM");
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
    await ended;
    clearTimeout(late);
  }
}

/** How long to wait, and what ends the wait. */
export interface UntilOptions {
  readonly signal: AbortSignal;
  readonly withinMs?: number;
}

/** Resolves once `isSo`; rejects with `what` when that takes too long. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { signal, withinMs = 60_000 }: UntilOptions,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await sleep(50, undefined, { signal });
  }
}
