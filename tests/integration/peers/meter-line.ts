import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stopProcess } from "./pymodbus.ts";

type Fault =
  | "silent"
  | "late"
  | "other-number"
  | "garbled"
  | "noise"
  | "no-digits"
  | "filled"
  | "refusing";

/** What is on the line, by protocol; devices understand their own baud rate only. */
export interface MeterLineConfig {
  readonly dlt645?: {
    readonly baudRate: number;
    readonly meters: Readonly<
      Record<
        string,
        {
          readonly fault?: Fault;
          readonly frameBytes?: number;
          readonly items: Readonly<
            Record<string, string | readonly [bytes: number, shown: string]>
          >;
        }
      >
    >;
  };
  readonly cjt188?: {
    readonly baudRate: number;
    readonly meters: Readonly<
      Record<
        string,
        { readonly kind: string; readonly fault?: Fault; readonly items: Record<string, string> }
      >
    >;
  };
  readonly modbus?: {
    readonly baudRate: number;
    readonly units: Readonly<Record<number, Readonly<Record<number, number>>>>;
  };
}

/** A running line; `stop` pulls the cable. Safe to call twice. */
export interface PythonMeterLine {
  readonly path: string;
  stop(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("./meter-line.py", import.meta.url));

/** Starts meters that are none of ours on a pseudo-terminal, and waits until they listen. */
export async function startMeterLine(config: MeterLineConfig): Promise<PythonMeterLine> {
  const child = spawn("/usr/bin/python3", [SCRIPT, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => {
    complaint = (complaint + bytes).slice(-4000);
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`the meters ended: ${complaint}`);
  });
  const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const [ready] = await Promise.race([line, ended]);
  // From here on its end is wanted, or shows in what it no longer answers.
  ended.catch(() => {});
  return { path: ready.replace("ready ", ""), stop: () => stopProcess(child) };
}
