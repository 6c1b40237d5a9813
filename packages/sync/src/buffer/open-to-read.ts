import { statSync } from "node:fs";
import { Refused, Unreachable } from "@headgate/model";
import { MalformedBlock } from "../block/format.ts";
import { isDamage } from "./open-store.ts";
import { codeOf, openSqlite, type Sqlite } from "./sqlite.ts";

const BUSY_MS_MAX = 200;

/** Opens a buffer's file only to read it; `Unreachable` says what keeps this user from it. */
export function openToRead(path: string, task: string): Sqlite {
  let db: Sqlite | null = null;
  try {
    statSync(path);
    db = openSqlite(path, BUSY_MS_MAX, { isReadonly: true });
    // Opening alone reads nothing: the first question shows what is missing.
    db.pragma("user_version");
    return db;
  } catch (cause) {
    db?.close();
    if (isDamage(cause)) throw cause;
    throw new Unreachable(`${task} "${path}": ${whyNot(codeOf(cause))}`, { cause });
  }
}

function whyNot(code: string): string {
  if (code === "ENOENT") return "there is no such file; check the path";
  return `${code}; check that this user may read the file and write to its folder`;
}

/** What a reader of the whole file throws: one line for a damaged file and for a failing disk. */
export function readFault(error: unknown, path: string, task: string): unknown {
  const text = `${task} "${path}"`;
  if (isDamage(error) || error instanceof MalformedBlock) {
    const advice = `stop the gateway and see what \`headgate buffer salvage ${path}\` finds`;
    return new Refused(`${text}: the file is damaged; ${advice}`, { cause: error });
  }
  const code = codeOf(error);
  // Without more, it is a bug.
  if (!code.startsWith("SQLITE_") || code === "SQLITE_ERROR") return error;
  return new Unreachable(`${text}: ${code}; check the disk, then try again`, { cause: error });
}
