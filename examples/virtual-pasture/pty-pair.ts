import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Two ends of a serial line that exists only in this machine. */
export interface PtyPair {
  /** The meter's end. */
  readonly near: string;
  /** The gateway's end. */
  readonly far: string;
  close(): void;
}

const OPEN_MS_MAX = 3000;

// Where socat is missing, Python's standard library can hold two pseudo-terminals together.
const PYTHON = `
import os, pty, select, sys, tty
ends = []
for path in sys.argv[1:]:
    near, far = pty.openpty()
    tty.setraw(far)
    os.symlink(os.ttyname(far), path)
    ends.append(near)
while True:
    for fd in select.select(ends, [], [])[0]:
        os.write(ends[1 - ends.index(fd)], os.read(fd, 4096))
`;

/** A pair of pseudo-terminals, or null where the system offers none. */
export async function openPtyPair(directory: string): Promise<PtyPair | null> {
  const near = join(directory, "tty-meter");
  const far = join(directory, "tty-gateway");
  const isThere = (name: string) => spawnSync("which", [name]).status === 0;
  const command = isThere("socat")
    ? (["socat", [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]] as const)
    : isThere("python3")
      ? (["python3", ["-c", PYTHON, near, far]] as const)
      : null;
  if (command === null) return null;
  const child = spawn(command[0], command[1], { stdio: "ignore", detached: true });
  const pair = { near, far, close: () => void child.kill("SIGTERM") };
  for (let waitedMs = 0; waitedMs < OPEN_MS_MAX; waitedMs += 50) {
    if (existsSync(near) && existsSync(far)) return pair;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  pair.close();
  return null;
}
