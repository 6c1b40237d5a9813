import { connect } from "node:net";
import type { HostPort } from "./hosts.ts";

/** How many doors are knocked at at a time, and how long each may take to open. */
export interface SweepOptions {
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** After each. */
  readonly onDone: () => void;
}

/** Of these doors those that open. Nothing is sent to anybody: a connection is made and ended. */
export async function sweep<Door extends HostPort>(
  doors: readonly Door[],
  { concurrency, timeoutMs, signal, onDone }: SweepOptions,
): Promise<readonly Door[]> {
  const open = new Set<Door>();
  const left = [...doors];
  const worker = async () => {
    for (let door = left.shift(); door && !signal.aborted; door = left.shift()) {
      if (await opens(door, { timeoutMs, signal })) open.add(door);
      onDone();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, doors.length) }, worker));
  return doors.filter((door) => open.has(door));
}

function opens(
  { host, port }: HostPort,
  { timeoutMs, signal }: Pick<SweepOptions, "timeoutMs" | "signal">,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (isOpen: boolean) => {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(isOpen);
    };
    const giveUp = () => end(false);
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("connect", () => end(true));
    socket.once("timeout", giveUp);
    // Stays: one that is destroyed may still fail.
    socket.on("error", giveUp);
  });
}
