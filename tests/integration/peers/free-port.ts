import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Below what Linux gives to outgoing connections and to `listen(0)`: nobody is lent one by chance.
const FIRST = 20_000;
const COUNT = 12_000;
const PER_PROCESS = 16;
/** A file for each port that a living process was told, which holds that process's id. */
const FOLDER = join(tmpdir(), "headgate-ports");

const own = new Set<string>();
let isReady = false;
let next = process.pid * PER_PROCESS;

/**
 * A loopback port that nobody listens on now, and that no other process of ours is told while this
 * one lives: a server that takes seconds to listen, or is killed and started again, must not find
 * another one there.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + (next++ % COUNT);
    if (claim(join(FOLDER, String(port))) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free on 127.0.0.1`);
}

function claim(path: string): boolean {
  if (!isReady) {
    isReady = true;
    mkdirSync(FOLDER, { recursive: true });
    process.once("exit", () => {
      for (const claimed of own) rmSync(claimed, { force: true });
    });
  }
  if (own.has(path) || isClaimed(path)) return false;
  own.add(path);
  return true;
}

/** Whether another living process has it; else it is ours now. */
function isClaimed(path: string): boolean {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return false;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    if (isAlive(path)) return true;
    rmSync(path, { force: true });
  }
}

function isAlive(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Not written yet: somebody is just about to.
    if (pid === 0) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
