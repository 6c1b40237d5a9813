import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stopProcess } from "./pymodbus.ts";

/** Two pseudo-terminals joined back to back: what is written to one is read from the other. */
export interface SocatPair {
  readonly ours: string;
  readonly theirs: string;
  /** Pulls the cable: both ends are gone. Safe to call twice. */
  stop(): Promise<void>;
}

const WAIT_MS = 20;
const WAITS_MAX = 250;

/** Starts socat and waits until both ends are there. */
export async function startSocatPair(): Promise<SocatPair> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-pty-"));
  const ours = join(folder, "ours");
  const theirs = join(folder, "theirs");
  const pty = (link: string) => `pty,raw,echo=0,link=${link}`;
  const child = spawn("socat", [pty(ours), pty(theirs)], { stdio: "ignore" });
  for (let wait = 0; !(existsSync(ours) && existsSync(theirs)); wait++) {
    if (wait >= WAITS_MAX) throw new Error("socat opened no pseudo-terminals");
    await sleep(WAIT_MS);
  }
  return {
    ours,
    theirs,
    async stop() {
      await stopProcess(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
