import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * A process of its own that knows what was started, and ends it and removes the folder when this
 * process ends: in whatever way, also by `kill -9`.
 */
export class Guard {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isEnding = false;

  constructor() {
    const script = fileURLToPath(new URL("./guard-process.ts", import.meta.url));
    const stdio: ["pipe", "ignore", "ignore"] = ["pipe", "ignore", "ignore"];
    // Of its own session: it outlives the terminal.
    this.#child = spawn(process.execPath, [script], { stdio, detached: true });
    this.#ended = new Promise((resolve) => this.#child.once("exit", resolve));
    // Whoever killed it wants no guard.
    this.#child.stdin?.on("error", () => {});
  }

  /** Nothing more is to be started. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  keepFolder(path: string): void {
    this.#tell(`folder ${path}`);
  }

  /** The leader of a group of its own, and how it is asked to end. */
  watch(pid: number, goodbye: NodeJS.Signals): void {
    this.#tell(`+${pid} ${goodbye}`);
  }

  /** It has ended. */
  release(pid: number): void {
    this.#tell(`-${pid}`);
  }

  /** Ends what is still there. Resolves once nothing is. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.stdin?.end();
    await this.#ended;
  }

  #tell(line: string): void {
    if (!this.#isEnding) this.#child.stdin?.write(`${line}\n`);
  }
}
