import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";

const END_MS_MAX = 15_000;

/** A program that is run, and what its log is. */
export interface ServiceOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly spawn?: SpawnOptions;
  /** How it is asked to end. */
  readonly goodbye?: NodeJS.Signals;
}

/** A program in a process of its own; it stays down when it was killed, until it is started. */
export class Service {
  readonly name: string;
  readonly #options: ServiceOptions;
  #child: ChildProcess | null = null;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
    // Should this process itself die, nothing of it stays behind.
    process.once("exit", () => this.#child?.kill("SIGKILL"));
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#child !== null) return;
    const { command, args, logPath, spawn: how } = this.#options;
    const log = createWriteStream(logPath, { flags: "a" });
    const child = spawn(command, [...args], {
      ...how,
      stdio: ["ignore", "pipe", "pipe"],
      // Of its own group: Ctrl-C is ours, and ends everything in order.
      detached: true,
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    const forget = () => {
      if (this.#child === child) this.#child = null;
    };
    child.once("exit", forget);
    child.once("error", (error) => {
      log.write(`cannot start: ${error.message}\n`);
      forget();
    });
    this.#child = child;
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

/** Resolves once `isSo`; rejects with `what` when that takes too long. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
