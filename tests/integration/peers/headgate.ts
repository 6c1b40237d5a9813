import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command line, as people run it. */
export const BUILT_HEADGATE = fileURLToPath(
  new URL("../../../packages/gateway/dist/main.js", import.meta.url),
);

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A passphrase alone may take a busy machine half a minute. */
const TIMEOUT_MS = 180_000;

/** Runs `headgate …` to its end. */
export function headgate(...words: string[]): Promise<Ended> {
  return runNode([BUILT_HEADGATE, ...words]);
}

/** Runs this Node with these words to its end, at most three minutes. */
export function runNode(words: readonly string[], cwd = process.cwd()): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      env: environment(),
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

/** Without what a test runner sets for Node: people's shells have none of it. */
export function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_ENV: _env, VITEST: _vitest, ...rest } = process.env;
  return { ...rest, LANG: "C.UTF-8" };
}
