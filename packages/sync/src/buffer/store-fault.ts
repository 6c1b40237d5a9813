/** What the database said no with: `code` is SQLite's or the system's. */
export class StoreFault extends Error {
  override name = "StoreFault";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
