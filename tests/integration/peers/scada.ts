import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiled } from "./compiled.ts";

/** What a SCADA system saw and did. */
export interface ScadaStory {
  readonly reads: number;
  readonly connects: number;
  readonly faults: readonly string[];
  /** Each tick that it read, and the first value beside it. */
  readonly ticks: readonly (readonly [tick: number, value: number])[];
  /** Acknowledged: register and value. */
  readonly writes: readonly (readonly [register: number, value: number])[];
}

export interface ScadaOptions {
  readonly port: number;
  readonly seconds: number;
  readonly periodMs: number;
  /** It writes at every so many reads. */
  readonly writeEvery: number;
}

/** The system's own Python: Debian's pymodbus lives there. */
const PYTHON = "/usr/bin/python3";

/** A SCADA system made of pymodbus or libmodbus; resolves when its time is over. */
export async function runScada(
  kind: "pymodbus" | "libmodbus",
  { port, seconds, periodMs, writeEvery }: ScadaOptions,
): Promise<ScadaStory> {
  const words = [port, seconds, periodMs, writeEvery].map(String);
  const script = fileURLToPath(new URL("scada.py", import.meta.url));
  const child =
    kind === "pymodbus"
      ? spawn(PYTHON, [script, ...words], { stdio: ["ignore", "pipe", "pipe"] })
      : spawn(compiled("scada"), words, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err = (err + text).slice(-4000);
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the ${kind} SCADA ended with ${code}: ${err}`);
  return JSON.parse(out) as ScadaStory;
}
