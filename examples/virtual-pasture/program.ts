import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";

const RESTART_MS = 2000;
const END_MS_MAX = 8000;

/** A headgate command in a process of its own, started again whenever it ends. */
export interface Program {
  readonly isUp: boolean;
  readonly startCount: number;
  /** kill -9, as a power cut would. It comes back after two seconds. */
  kill(): void;
  /** SIGTERM, and for good. */
  end(): Promise<void>;
}

/** Runs `headgate ARGS…`; what it says goes to `logPath`. */
export function startProgram(args: readonly string[], logPath: string): Program {
  const cli = fileURLToPath(import.meta.resolve("@headgate/gateway/cli"));
  const log = createWriteStream(logPath, { flags: "a" });
  let child: ChildProcess | null = null;
  let restart: NodeJS.Timeout | undefined;
  let isEnding = false;
  let startCount = 0;

  const start = () => {
    startCount++;
    const started = spawn(process.execPath, [...process.execArgv, cli, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      // Of its own group: Ctrl-C is the demo's, which then ends everything in order.
      detached: true,
    });
    started.stdout.pipe(log, { end: false });
    started.stderr.pipe(log, { end: false });
    started.once("exit", () => {
      child = null;
      if (!isEnding) restart = setTimeout(start, RESTART_MS);
    });
    child = started;
  };
  start();
  // Should the demo itself die, nothing of it stays behind.
  process.once("exit", () => child?.kill("SIGTERM"));
  return {
    get isUp() {
      return child !== null;
    },
    get startCount() {
      return startCount;
    },
    kill: () => child?.kill("SIGKILL"),
    async end() {
      isEnding = true;
      clearTimeout(restart);
      const ending = child;
      if (ending) {
        const exited = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
        ending.kill("SIGTERM");
        const late = setTimeout(() => ending.kill("SIGKILL"), END_MS_MAX);
        await exited;
        clearTimeout(late);
      }
      log.end();
    },
  };
}
