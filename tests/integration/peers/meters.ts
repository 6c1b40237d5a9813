import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface MetersOptions {
  readonly devices: number;
  /** Of each device. */
  readonly points: number;
  /** See meters.c. */
  readonly mode: "identify" | "walk";
  readonly tickMs: number;
}

export interface Meters {
  /** One Modbus TCP port for each device, on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly pid: number;
  /** Resolves with how many readings the device gave that was asked most. */
  stop(): Promise<number>;
}

const built = new Map<string, string>();

/** Compiles a program made of libmodbus once, with the system's gcc; gives its path. */
export function buildLibmodbus(name: "meters" | "libmodbus-unit"): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "headgate-meters-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, name);
  const include = "-I/usr/include/modbus";
  execFileSync("gcc", ["-O2", "-Wall", include, "-o", target, source, "-lmodbus", "-lm"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  built.set(name, target);
  return target;
}

/** Starts meters made of libmodbus, not of our own code. */
export async function startMeters(options: MetersOptions): Promise<Meters> {
  const { devices, points, mode, tickMs } = options;
  const child = spawn(buildLibmodbus("meters"), [`${devices}`, `${points}`, mode, `${tickMs}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  const { ports } = JSON.parse(first.value as string) as { ports: number[] };
  return {
    ports,
    pid: child.pid as number,
    async stop() {
      child.kill("SIGTERM");
      const [last] = await Promise.all([lines.next(), once(child, "exit")]);
      const text = (last.value as string | undefined) ?? '{"readings":0}';
      return (JSON.parse(text) as { readings: number }).readings;
    },
  };
}
