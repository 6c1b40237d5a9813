import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { codeOf, type Sqlite } from "./sqlite.ts";

/** What a database has that was never closed in order. */
const NO_WORD_YET = "none";

/**
 * A word that changes whenever the buffer is closed in order, in the database and in a file beside
 * it. A database that does not know the word of the file is an older one, put back into its place.
 */
export class LifeMark {
  readonly #path: string;
  readonly #db: Sqlite;

  constructor(directory: string, db: Sqlite) {
    this.#path = join(directory, "buffer.mark");
    this.#db = db;
  }

  get isOfAnOlderDatabase(): boolean {
    const beside = this.#beside();
    return this.#isUsed && beside.length > 0 && !beside.includes(this.#own());
  }

  /** A new database knows no word: that of the one before it must not make it look old. */
  forgetOfAnother(): void {
    if (this.#isUsed || this.#beside().length === 0) return;
    rmSync(this.#path);
    this.#syncFolder();
  }

  get #isUsed(): boolean {
    return this.#db.prepare("select 1 from epoch limit 1").get() !== undefined;
  }

  /** The file knows the old and the new word until the database has the new one, the first too. */
  renew(): void {
    const word = randomBytes(8).toString("hex");
    try {
      this.#write(`${this.#own()}\n${word}\n`);
      this.#db.prepare("insert or replace into meta values ('mark', ?)").run(word);
      this.#write(`${word}\n`);
    } catch (error) {
      // On a full disk the old word, or both of them, do as well.
      if (!/^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(codeOf(error))) throw error;
    }
  }

  #own(): string {
    const sql = "select value from meta where key = 'mark'";
    return this.#db.prepare<{ value: string }>(sql).get()?.value ?? NO_WORD_YET;
  }

  #beside(): string[] {
    try {
      return readFileSync(this.#path, "utf8").split("\n").filter(Boolean);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  #write(text: string): void {
    const part = `${this.#path}.part`;
    const file = openSync(part, "w");
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, this.#path);
    // The database must not be ahead of the name: a power cut would make it look restored.
    this.#syncFolder();
  }

  #syncFolder(): void {
    const folder = openSync(dirname(this.#path), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
