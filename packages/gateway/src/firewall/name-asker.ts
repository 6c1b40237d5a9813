import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { LookUp } from "./resolve-places.ts";

// Whoever asks the system for a name cannot give it up: a name server that is silent holds a thread
// for minutes, the names behind it, and the end of the process. So another process asks, which can
// be ended at any time.

/** Names that are asked for side by side: a few that nobody answers for hide no other. */
const SIDE_BY_SIDE = "128";
const SCRIPT = `
const { lookup } = require("node:dns");
require("node:readline").createInterface(process.stdin).on("line", (name) => {
  lookup(name, { all: true }, (error, found = []) => {
    const addresses = error ? null : found.map(({ address }) => address);
    console.log(JSON.stringify({ name, addresses }));
  });
});`;

/** What the process says of a name. */
interface Told {
  readonly name: string;
  readonly addresses: readonly string[] | null;
}

/** Looks up names as the gateway does; whatever is not known yet when it is closed is none. */
export function openNameAsker(): { readonly lookUp: LookUp; close(): void } {
  const asking = spawn(process.execPath, ["-e", SCRIPT], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, UV_THREADPOOL_SIZE: SIDE_BY_SIDE },
  });
  const waiting = new Map<string, PromiseWithResolvers<readonly string[]>>();
  const tell = ({ name, addresses }: Told) => {
    if (addresses === null) waiting.get(name)?.reject(new Error(`${name}: not known`));
    else waiting.get(name)?.resolve(addresses);
  };
  const end = () => {
    for (const name of waiting.keys()) tell({ name, addresses: null });
  };
  createInterface(asking.stdout).on("line", (line) => tell(JSON.parse(line) as Told));
  asking.once("error", end).once("close", end);
  // It has ended; those who wait are told.
  asking.stdin.on("error", () => undefined);
  return {
    async lookUp(name) {
      const asked = waiting.get(name) ?? Promise.withResolvers<readonly string[]>();
      waiting.set(name, asked);
      // A line is a name: what has more of them is none.
      if (/[\r\n]/.test(name)) tell({ name, addresses: null });
      else asking.stdin.write(`${name}\n`);
      return await asked.promise;
    },
    close() {
      asking.kill("SIGKILL");
    },
  };
}
