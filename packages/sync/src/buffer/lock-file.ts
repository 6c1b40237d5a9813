import { codeOf, openSqlite, type Sqlite } from "./sqlite.ts";

/**
 * A lock that ends with the process, however it ends: an open transaction on a file of its own.
 * Null where another has it.
 */
export function lockFile(path: string): Sqlite | null {
  const lock = openSqlite(path, 0);
  try {
    // Without a journal file, for which a full disk has no room.
    lock.pragma("journal_mode = memory");
    lock.exec("begin exclusive");
    return lock;
  } catch (cause) {
    lock.close();
    if (!codeOf(cause).startsWith("SQLITE_BUSY")) throw cause;
    return null;
  }
}

/** The same for others than a buffer; lets go of it when called. */
export function holdFile(path: string): (() => void) | null {
  const lock = lockFile(path);
  return lock && (() => void lock.close());
}
