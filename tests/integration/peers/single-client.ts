import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compiled } from "./compiled.ts";

/** A write as the device got it. */
export interface DeviceWrite {
  readonly code: number;
  readonly from: number;
  readonly values: readonly number[];
}

/** A device that takes one client: see single-client.c. */
export interface SingleClient {
  readonly port: number;
  readonly writes: readonly DeviceWrite[];
  /** Clients it has taken so far, one after the other. */
  clientCount(): number;
  stop(): Promise<void>;
}

export async function startSingleClient(tickMs: number): Promise<SingleClient> {
  const child = spawn(compiled("single-client"), [String(tickMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const writes: DeviceWrite[] = [];
  let clientCount = 0;
  const lines = createInterface(child.stdout);
  const first = once(lines, "line") as Promise<[string]>;
  lines.on("line", (line) => {
    const told = JSON.parse(line) as { port?: number; client?: number } & Partial<DeviceWrite>;
    if (told.client !== undefined) clientCount = told.client;
    if (told.code !== undefined) writes.push(told as DeviceWrite);
  });
  const [line] = await first;
  const { port } = JSON.parse(line) as { port: number };
  return {
    port,
    writes,
    clientCount: () => clientCount,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "close");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
