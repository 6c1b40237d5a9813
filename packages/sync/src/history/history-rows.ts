import type { Sqlite, Statement } from "../buffer/sqlite.ts";

/** Points whose samples lie in one row. */
export const GROUP_POINTS = 16;
const GROUPS_MAX = 65_536;

export type RowTable = "raw" | "minute" | "quarter";

/** Rows by time (in seconds) and group of points, in the order in which they are written. */
export class HistoryRows {
  readonly #insert: Statement<unknown>;
  readonly #get: Statement<{ bytes: Uint8Array }>;
  readonly #remove: Statement<unknown>;

  constructor(db: Sqlite, table: RowTable) {
    this.#insert = db.prepare(`insert or replace into ${table} values (?, ?)`);
    this.#get = db.prepare(`select bytes from ${table} where id = ?`);
    this.#remove = db.prepare(`delete from ${table} where id >= ? and id < ?`);
  }

  put(atSeconds: number, group: number, bytes: Uint8Array): void {
    this.#insert.run(idOf(atSeconds, group), bytes);
  }

  get(atSeconds: number, group: number): Uint8Array | null {
    return this.#get.get(idOf(atSeconds, group))?.bytes ?? null;
  }

  /** All of a time. */
  remove(atSeconds: number): void {
    this.#remove.run(idOf(atSeconds, 0), idOf(atSeconds + 1, 0));
  }
}

const idOf = (atSeconds: number, group: number) => atSeconds * GROUPS_MAX + group;
