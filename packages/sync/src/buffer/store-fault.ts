/** What the database said no with: `code` is SQLite's or the system's. */
export class StoreFault extends Error {
  override name = "StoreFault";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** `code` of calls that were cut off because the database is being opened anew or closed. */
export const CUT_OFF = "CUT_OFF";

export function isDiskFull(error: unknown): boolean {
  return error instanceof StoreFault && /^(SQLITE_FULL|ENOSPC)/.test(error.code);
}

/** The commit is not in the file, and the file is as good as it was. */
export function isRolledBack(error: unknown): boolean {
  return isDiskFull(error) || (error instanceof StoreFault && /^SQLITE_BUSY/.test(error.code));
}
