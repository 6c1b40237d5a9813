import { Misconfigured } from "@headgate/model";
import Database from "better-sqlite3";

/**
 * Claims `path` for this process until `release`. A lock of SQLite's on a file of its own: the
 * system drops it when the process dies, however it dies, and readers of the store are not kept out.
 */
export function lockStore(path: string): { release(): void } {
  const lock = new Database(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("begin exclusive");
  } catch (cause) {
    lock.close();
    const what = `open store "${path}"`;
    throw new Misconfigured(`${what}: another receiver writes to it; end that one`, { cause });
  }
  return { release: () => lock.close() };
}
