import { Misconfigured } from "@headgate/model";
import { connect } from "./connection.ts";

/**
 * Claims `path` for this process until `release`. A lock of SQLite's on a file of its own: the
 * system drops it however the process dies, and readers of the store are not kept out.
 */
export function lockStore(path: string): { release(): void } {
  const lock = connect(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("begin exclusive");
  } catch (cause) {
    lock.close();
    const what = `open store "${path}"`;
    throw new Misconfigured(`${what}: another receiver writes to it; end that one`, { cause });
  }
  return { release: () => lock.close() };
}
