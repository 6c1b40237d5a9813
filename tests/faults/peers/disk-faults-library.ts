import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

let library: string | null = null;

/** Compiles `disk-faults.c` once, to be preloaded. */
export function diskFaultsLibrary(): string {
  if (library !== null) return library;
  const source = fileURLToPath(new URL("disk-faults.c", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "headgate-preload-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  library = join(folder, "disk-faults.so");
  execFileSync("gcc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", library, source, "-ldl"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return library;
}
