import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LifeMark } from "./life-mark.ts";
import { prepareSchema } from "./schema.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-mark-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("the file beside it knows a new word before the database does", () => {
  const db = openSqlite(":memory:", 0);
  prepareSchema(db);
  const written: boolean[] = [];
  const watched: Sqlite = {
    exec: (sql) => db.exec(sql),
    pragma: (text, options) => db.pragma(text, options),
    inTransaction: false,
    close: () => db.close(),
    prepare<Row>(sql: string) {
      const statement = db.prepare<Row>(sql);
      return {
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
        run(...values) {
          const beside = readFileSync(join(directory, "buffer.mark"), "utf8");
          written.push(beside.includes(String(values[0])));
          return statement.run(...values);
        },
      };
    },
  };
  new LifeMark(directory, watched).renew();
  expect(written).toEqual([true]);
  db.close();
});
