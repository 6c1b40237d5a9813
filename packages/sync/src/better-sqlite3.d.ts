/** The part of better-sqlite3 that this package uses; the library ships no types. */
declare module "better-sqlite3" {
  namespace Database {
    interface Statement<Row = unknown> {
      /** Positional values, or one array of them and one object of named ones. */
      run(...values: readonly unknown[]): {
        readonly changes: number;
        readonly lastInsertRowid: number | bigint;
      };
      get(...values: readonly unknown[]): Row | undefined;
      all(...values: readonly unknown[]): Row[];
      iterate(...values: readonly unknown[]): IterableIterator<Row>;
      /** Only the first column of each row. */
      pluck(): this;
      /** Whole numbers as bigint. */
      safeIntegers(): this;
    }

    interface Options {
      readonly readonly?: boolean;
      readonly fileMustExist?: boolean;
      /** Longest wait for a lock, ms; the event loop stands still meanwhile. */
      readonly timeout?: number;
    }

    interface Database {
      readonly open: boolean;
      readonly inTransaction: boolean;
      prepare<Row = unknown>(sql: string): Statement<Row>;
      exec(sql: string): this;
      pragma(text: string, options?: { readonly simple: boolean }): unknown;
      transaction<T>(body: () => T): () => T;
      close(): this;
    }
  }

  const Database: new (path: string, options?: Database.Options) => Database.Database;
  export = Database;
}
