import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Tables by their first address: `{ 0: [1, 2, 3] }`. What is not listed is refused. */
type Rows = Readonly<Record<number, readonly number[]>>;

/** One unit of the server. */
export interface PymodbusUnit {
  readonly coil?: Rows;
  readonly discrete?: Rows;
  readonly input?: Rows;
  readonly holding?: Rows;
}

/** A server's certificate; with `clientCa` clients must have one too. */
export interface PymodbusTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

export type PymodbusTransport =
  | ({ readonly transport: "tls"; readonly port?: number } & PymodbusTls)
  | { readonly transport: "tcp" | "rtu-over-tcp"; readonly port?: number }
  | { readonly transport: "rtu" | "ascii"; readonly path: string; readonly baudRate?: number };

/** A running server; `stop` ends the process and waits for it. */
export interface Pymodbus {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The system's own Python: Debian's pymodbus lives there. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./pymodbus-server.py", import.meta.url));

/**
 * Starts pymodbus on a loopback port (a free one if none is told) or on a serial port, and waits
 * until it serves.
 */
export async function startPymodbus(
  units: Readonly<Record<number, PymodbusUnit>>,
  transport: PymodbusTransport = { transport: "tcp" },
): Promise<Pymodbus> {
  const config = JSON.stringify({ ...transport, units });
  const child = spawn(PYTHON, [SCRIPT, config], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => {
    complaint = (complaint + bytes).slice(-4000);
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`pymodbus ended: ${complaint}`);
  });
  const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const [ready] = await Promise.race([line, ended]);
  // From here on its end is wanted, or shows in what it no longer answers.
  ended.catch(() => {});
  return {
    port: Number(ready.split(" ")[1]),
    pid: child.pid ?? 0,
    stop: () => stopProcess(child),
  };
}

/** Ends a process and waits until it is gone. Safe to call twice. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
