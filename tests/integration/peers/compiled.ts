import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binaries = new Map<string, string>();

/** Compiles a peer written against libmodbus once, with the system's gcc; gives the program. */
export function compiled(name: string): string {
  const known = binaries.get(name);
  if (known !== undefined) return known;
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), `headgate-${name}-`));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, name);
  const include = "-I/usr/include/modbus";
  execFileSync("gcc", ["-O2", "-Wall", include, "-o", target, source, "-lmodbus", "-lm"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  binaries.set(name, target);
  return target;
}
