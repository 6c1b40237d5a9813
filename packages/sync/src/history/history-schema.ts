import { existsSync, renameSync, rmSync } from "node:fs";
import { codeOf, openSqlite, type Sqlite } from "../buffer/sqlite.ts";

const VERSION = 1;
/** Rows of some hundred bytes leave little of such a page empty. */
const PAGE_BYTES = 8192;
const CACHE_KIB_MAX = 256;
const BUSY_MS_MAX = 2_000;

const TABLES = `
create table point (number integer primary key, id text not null unique);
create table segment (at integer primary key, base_ms integer, from_ms integer, to_ms integer,
  bytes integer);
create table raw (id integer primary key, bytes blob);
create table minute (id integer primary key, bytes blob);
create table quarter (id integer primary key, bytes blob);
create table shelf (kind text, at integer, bytes integer, primary key (kind, at)) without rowid;
create table due (at integer primary key);
create table run (from_ms integer primary key, to_ms integer);
`;

/** The file, or a new one where it is damaged: then where the old one lies. */
export function openHistoryDb(
  path: string,
  isAnew: boolean,
): { readonly db: Sqlite; readonly setAside: string } {
  if (!isAnew) {
    try {
      return { db: openChecked(path), setAside: "" };
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  const setAside = `${path}.damaged`;
  // One of them is enough to look at; none is needed for delivery.
  if (existsSync(path)) renameSync(path, setAside);
  rmSync(`${path}-journal`, { force: true });
  return { db: openChecked(path), setAside };
}

function openChecked(path: string): Sqlite {
  const db = openSqlite(path, BUSY_MS_MAX);
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    // New pages are written once this way; a log would write each of them twice.
    db.pragma("journal_mode = persist");
    db.pragma("journal_size_limit = 1048576");
    db.pragma("synchronous = normal");
    db.pragma("locking_mode = exclusive");
    db.pragma(`cache_size = -${CACHE_KIB_MAX}`);
    const version = Number(db.pragma("user_version", { simple: true }));
    if (version === VERSION) return db;
    if (version !== 0) throw new OtherVersion(`version ${version} is not ${VERSION}`);
    db.exec(`begin; ${TABLES} pragma user_version = ${VERSION}; commit`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Of another version of Headgate: it is set aside like a damaged one. */
class OtherVersion extends Error {
  override name = "OtherVersion";
}

/** Whether the file is not what was written. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  if (error instanceof OtherVersion || error instanceof RangeError) return true;
  if (error instanceof Error && error.name === "MalformedBlock") return true;
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}
