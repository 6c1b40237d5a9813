import { readFile } from "node:fs/promises";

/** Tells this machine from others; "" on a system that has no such name. */
export async function machineId(): Promise<string> {
  try {
    return (await readFile("/etc/machine-id", "utf8")).trim();
  } catch {
    // Not every system has one: then the file's own identity must do.
    return "";
  }
}
