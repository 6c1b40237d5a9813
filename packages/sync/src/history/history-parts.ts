import type { Sqlite } from "../buffer/sqlite.ts";
import type { HistoryBooks } from "./history-books.ts";
import type { HistoryRows, RowTable } from "./history-rows.ts";
import type { HistoryTransaction } from "./history-transaction.ts";

/** What the parts of the file work on. */
export interface HistoryFileParts {
  readonly db: Sqlite;
  readonly books: HistoryBooks;
  readonly rows: Readonly<Record<RowTable, HistoryRows>>;
  readonly transaction: HistoryTransaction;
  /** Days of which quarters of an hour were rolled up since their packing began. */
  readonly rolledDays: Set<number>;
  /** Of points: grows when there are more. */
  groupCount(): number;
}
