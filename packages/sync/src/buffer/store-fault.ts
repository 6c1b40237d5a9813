/** What the database said no with: `code` is SQLite's or the system's. */
export class StoreFault extends Error {
  override name = "StoreFault";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof StoreFault && /^(SQLITE_FULL|ENOSPC)/.test(error.code);
}

/** The commit is not in the file, and the file is as good as it was. */
export function isRolledBack(error: unknown): boolean {
  return isDiskFull(error) || (error instanceof StoreFault && /^SQLITE_BUSY/.test(error.code));
}
