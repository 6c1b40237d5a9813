import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";

const FOLDER = fileURLToPath(new URL("../../examples/upstream-receiver", import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Starts one of its programs; resolves with its folder once a server works in it. */
async function startUp(script: string): Promise<{ child: ChildProcess; folder: string }> {
  const args = ["--conditions=headgate-source", script];
  const child = spawn(process.execPath, args, { cwd: FOLDER, stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const folder = /logs and data are in (.+)$/.exec(line)?.[1];
    if (folder === undefined) continue;
    await expect.poll(() => processesOf(folder), { timeout: 60_000 }).not.toEqual([]);
    return { child, folder };
  }
  throw new Error(`${script} said nothing of its folder`);
}

/** What runs with this folder in its command. */
async function processesOf(folder: string): Promise<string[]> {
  const commands = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      // It may have ended since.
      .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return commands.filter((command) => command.includes(folder));
}

for (const [script, signal] of [
  ["main.ts", "SIGKILL"],
  ["prove.ts", "SIGHUP"],
] as const) {
  test(`${signal} while ${script} starts leaves no process and no folder`, async () => {
    const { child, folder } = await startUp(script);
    child.kill(signal);
    await vi.waitUntil(() => !existsSync(folder), { timeout: 60_000, interval: 50 });
    await expect.poll(() => processesOf(folder), { timeout: 60_000 }).toEqual([]);
  });
}
