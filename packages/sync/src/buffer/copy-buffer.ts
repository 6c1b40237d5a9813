import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { openToRead } from "./open-to-read.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";

/** So much is copied before others have their turn: a MiB. */
const PAGES_A_STEP = 1024;
/** What no file is: whoever opens the copy finds it to be another's, and begins a new epoch. */
const OF_A_BACKUP = "a backup";

interface Copying extends Sqlite {
  backup(path: string, options: { readonly progress: () => number }): Promise<unknown>;
}

/**
 * Copies the buffer of a folder into a file that is not there yet, readable by its owner only, as
 * it is at one moment; the gateway may run. False if there is none. Opened as a buffer, the copy is
 * known to be put back: its numbers are never given again.
 */
export async function copyBuffer(directory: string, target: string): Promise<boolean> {
  const path = join(directory, "buffer.db");
  if (!existsSync(path)) return false;
  closeSync(openSync(target, "wx", 0o600));
  const db = openToRead(path, "back up buffer") as Copying;
  try {
    // What is read now is what is copied, whatever is stored meanwhile.
    db.exec("begin");
    db.prepare("select count(*) from meta").get();
    await db.backup(target, { progress: () => PAGES_A_STEP });
  } finally {
    db.close();
  }
  const copy = openSqlite(target, 0);
  try {
    // In one file, without another beside it.
    copy.pragma("journal_mode = delete");
    copy.exec("begin");
    copy.prepare("insert or replace into meta values ('identity', ?)").run(OF_A_BACKUP);
    copy.exec("delete from meta where key = 'mark'");
    copy.exec("commit");
  } finally {
    copy.close();
  }
  return true;
}
