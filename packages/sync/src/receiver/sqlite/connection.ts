import { createRequire } from "node:module";

/** What SQLite takes and gives. */
type Bound = string | number | bigint | Uint8Array | null;

/** The part of a better-sqlite3 statement that the store uses. */
export interface Statement<Row = unknown> {
  /** Positional values; or named ones; or one array of the first and one object of the second. */
  run(...values: readonly (Bound | readonly Bound[] | Named)[]): {
    readonly lastInsertRowid: number | bigint;
    readonly changes: number;
  };
  get(...values: readonly (Bound | Named)[]): Row | undefined;
  all(...values: readonly (Bound | Named)[]): Row[];
  iterate(...values: readonly Bound[]): IterableIterator<Row>;
  /** Only the first column of each row. */
  pluck(): this;
}

type Named = Readonly<Record<string, Bound>>;

/** The part of a better-sqlite3 connection that the store uses. */
export interface Connection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare<Row = unknown>(sql: string): Statement<Row>;
  exec(sql: string): void;
  pragma(text: string, options?: { readonly simple: boolean }): unknown;
  transaction<T>(body: () => T): () => T;
  close(): void;
}

/** `timeout`: longest wait for a lock, ms; the event loop stands still meanwhile. */
interface ConnectionOptions {
  readonly timeout?: number;
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
}

/** Opens a database file; throws errors that have a `code` such as "SQLITE_FULL". */
export function connect(path: string, options: ConnectionOptions): Connection {
  // The package ships no types, and its native part must stay outside of any bundle.
  const load = createRequire(import.meta.url);
  const Opened: new (path: string, options: object) => Connection = load("better-sqlite3");
  return new Opened(path, options);
}
