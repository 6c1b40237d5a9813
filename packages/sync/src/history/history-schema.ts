import { existsSync, renameSync, rmSync } from "node:fs";
import { codeOf, openSqlite, type Sqlite } from "../buffer/sqlite.ts";
import { DamagedRow } from "./history-rows.ts";

const VERSION = 2;
/** Two rows of samples, of a file that is begun: one has what its pages have. */
const PAGE_BYTES = 16_384;
const CACHE_KIB_MAX = 256;
const BUSY_MS_MAX = 2_000;
const JOURNAL_BYTES_MAX = 1_048_576;

const TABLES = `
create table point (number integer primary key, id text not null unique);
create table segment (at integer primary key, since_ms integer, base_ms integer, from_ms integer,
  to_ms integer, bytes integer);
create table raw (id integer primary key, bytes blob);
create table minute (id integer primary key, bytes blob);
create table quarter (id integer primary key, bytes blob);
create table day (id integer primary key, bytes blob);
create table shelf (kind text, at integer, bytes integer, primary key (kind, at)) without rowid;
create table due (at integer primary key, touched integer);
create table run (number integer primary key, from_ms integer, to_ms integer);
`;

/** An open file. */
export interface OpenedHistoryDb {
  readonly db: Sqlite;
  /** Where the one lies that could not be used; "" where there was none. */
  readonly setAsidePath: string;
  /** What was wrong with it. */
  readonly setAsideReason: string;
}

/** The file, or a new one where it is damaged: then where the old one lies. */
export function openHistoryDb(path: string, damage: Error | null): OpenedHistoryDb {
  let reason = damage;
  if (!reason) {
    try {
      return { db: openChecked(path), setAsidePath: "", setAsideReason: "" };
    } catch (error) {
      if (!isDamage(error)) throw error;
      reason = error;
    }
  }
  // One of them is enough to look at; none is needed for delivery.
  const setAsidePath = existsSync(path) ? setAsidePathOf(path) : "";
  if (setAsidePath !== "") renameSync(path, setAsidePath);
  rmSync(`${path}-journal`, { force: true });
  return { db: openChecked(path), setAsidePath, setAsideReason: reason.message };
}

export const setAsidePathOf = (path: string) => `${path}.damaged`;

function openChecked(path: string): Sqlite {
  const db = openSqlite(path, BUSY_MS_MAX);
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    // What is beyond the capacity can be given back to the disk.
    db.pragma("auto_vacuum = incremental");
    // New pages are written once this way; a log would write each of them twice.
    db.pragma("journal_mode = persist");
    db.pragma(`journal_size_limit = ${JOURNAL_BYTES_MAX}`);
    db.pragma("synchronous = normal");
    db.pragma("locking_mode = exclusive");
    db.pragma(`cache_size = -${CACHE_KIB_MAX}`);
    const version = Number(db.pragma("user_version", { simple: true }));
    if (version === VERSION) return db;
    if (version !== 0) throw new OtherVersion(`of another version of Headgate (${version})`);
    db.exec(`begin; ${TABLES} pragma user_version = ${VERSION}; commit`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** It is set aside like a damaged one. */
class OtherVersion extends Error {
  override name = "OtherVersion";
}

/** Whether the file is not what was written. */
export function isDamage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof OtherVersion || error instanceof DamagedRow) return true;
  if (error instanceof RangeError || error.name === "MalformedBlock") return true;
  const code = codeOf(error);
  // A place of the disk that cannot be read stays so.
  if (code === "SQLITE_IOERR_READ" || code === "SQLITE_IOERR_SHORT_READ") return true;
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}
