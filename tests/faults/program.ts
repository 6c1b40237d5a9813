import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** What to start, again and again. */
export interface ProgramOptions {
  readonly name: string;
  /** Of the command line: the built `main.js` and its arguments. */
  readonly words: readonly string[];
  /** Each life writes its log to a file of its own there. */
  readonly folder: string;
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A process that is killed and started again; that it ends by itself is remembered. */
export class Program {
  /** One for each life, oldest first. */
  readonly logPaths: string[] = [];
  /** Ends that nobody asked for. */
  readonly surprises: string[] = [];
  readonly #options: ProgramOptions;
  #child: ChildProcess | null = null;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  start(): void {
    const { name, words, folder, env } = this.#options;
    const logPath = join(folder, `${name}-${this.logPaths.length + 1}.log`);
    this.logPaths.push(logPath);
    const log = openSync(logPath, "w");
    const child = spawn(process.execPath, [...words], {
      stdio: ["ignore", "ignore", log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.surprises.push(`${name} ended by itself (${code ?? signal}), see ${logPath}`);
    });
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Stops it where it stands, and lets it go on. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** SIGTERM; resolves with the exit code, after `timeoutMs` with null and a `kill -9`. */
  async stop(timeoutMs: number): Promise<number | null> {
    const child = this.#child;
    const timer = setTimeout(() => child?.kill("SIGKILL"), timeoutMs);
    await this.#end("SIGTERM");
    clearTimeout(timer);
    return child?.exitCode ?? null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
