import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

/** What is told to end has so long, then it is killed. */
const END_MS_MAX = 5000;
const LOOK_MS = 50;

// Told line by line what there is: "+<pid> <signal>", "-<pid>", "folder <path>". Once nobody can
// tell it more, because the example ended in whatever way, what is still there is ended.
const services = new Map<number, NodeJS.Signals>();
const folders: string[] = [];
// Of a terminal that goes, and of Ctrl-C, the example itself hears.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
for await (const line of createInterface({ input: process.stdin })) {
  const [, how, pid, signal] = /^([+-])(\d+) ?(\w*)$/.exec(line) ?? [];
  if (how === "+") services.set(Number(pid), signal as NodeJS.Signals);
  if (how === "-") services.delete(Number(pid));
  const folder = /^folder (.+)$/.exec(line)?.[1];
  if (folder !== undefined) folders.push(folder);
}
for (const [pid, signal] of services) signalGroup(pid, signal);
const deadlineMs = performance.now() + END_MS_MAX;
while (isAnyThere() && performance.now() < deadlineMs) {
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
for (const pid of services.keys()) signalGroup(pid, "SIGKILL");
for (const folder of folders) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: LOOK_MS });
}

function isAnyThere(): boolean {
  return [...services.keys()].some((pid) => signalGroup(pid, 0));
}

/** Each service leads a group of its own. False once nobody of it is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    // ESRCH: it has ended.
    return false;
  }
}
