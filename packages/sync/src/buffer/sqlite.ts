import { createRequire } from "node:module";

type Bound = string | number | bigint | Uint8Array | null;

/** The part of a better-sqlite3 statement that the buffer uses. */
export interface Statement<Row> {
  run(...values: Bound[]): { readonly changes: number };
  get(...values: Bound[]): Row | undefined;
  all(...values: Bound[]): Row[];
}

/** The part of a better-sqlite3 connection that the buffer uses. */
export interface Sqlite {
  prepare<Row = unknown>(sql: string): Statement<Row>;
  exec(sql: string): void;
  /** Whether one is open: some errors end it. */
  readonly inTransaction: boolean;
  pragma(text: string, options?: { readonly simple: boolean }): unknown;
  close(): void;
}

/** Opens a database file; throws errors that have a `code` such as "SQLITE_FULL". */
export function openSqlite(
  path: string,
  timeoutMs: number,
  { isReadonly = false }: { readonly isReadonly?: boolean } = {},
): Sqlite {
  // The package ships no types, and its native part must stay outside of any bundle.
  const load = createRequire(import.meta.url);
  const Connection: new (path: string, options: object) => Sqlite = load("better-sqlite3");
  return new Connection(path, { timeout: timeoutMs, readonly: isReadonly });
}

/** SQLite's or the system's code of an error: "SQLITE_FULL", "ENOSPC"; "" if it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
