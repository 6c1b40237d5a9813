import type { Sqlite } from "./sqlite.ts";

/** What is known of the clock, to go on with after a restart; "" if nothing is. */
export function clockBookOf(db: Sqlite): string {
  const sql = "select value from meta where key = 'clock'";
  return db.prepare<{ value: string }>(sql).get()?.value ?? "";
}

export function storeClockBook(db: Sqlite, book: string): void {
  db.prepare("insert or replace into meta values ('clock', ?)").run(book);
}
