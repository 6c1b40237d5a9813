import type { Sqlite } from "../buffer/sqlite.ts";

/** Work that is done in many pieces, and is in the file whole or not at all. */
export class HistoryTransaction {
  readonly #db: Sqlite;
  /** How often what was not committed yet was taken back: whoever did it in pieces begins anew. */
  takenBackCount = 0;

  constructor(db: Sqlite) {
    this.#db = db;
  }

  /** Does a piece, in the transaction that is open or a new one; an error takes all of it back. */
  do<T>(piece: () => T): T {
    if (!this.#db.inTransaction) this.#db.exec("begin immediate");
    return this.#whole(piece);
  }

  /** What was done so far is kept. */
  commit(): void {
    if (this.#db.inTransaction) this.#whole(() => this.#db.exec("commit"));
  }

  takeBack(): void {
    this.takenBackCount++;
    // A full disk may have done it already.
    if (this.#db.inTransaction) this.#db.exec("rollback");
  }

  #whole<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.takeBack();
      throw error;
    }
  }
}
