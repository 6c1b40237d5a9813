import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { BlockStore } from "./block-store.ts";
import { clockBookOf } from "./clock-book.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { LifeMark } from "./life-mark.ts";
import { lockFile } from "./lock-file.ts";
import { NewerSchema, prepareSchema } from "./schema.ts";
import { codeOf, openSqlite, type Sqlite } from "./sqlite.ts";
import type { Opened, OpenStore } from "./store-messages.ts";

export const ASIDE_PREFIX = "buffer.db.damaged-";

/** An open database and all that belongs to it. */
export interface OpenedStore {
  readonly store: BlockStore;
  readonly opened: Opened;
  /** Says in the file that it was closed in order, checkpoints and lets go of the directory. */
  close(): void;
  /** Lets go of it without a word, as the end of the process does. */
  abandon(): void;
}

/** Opens or makes the database in `directory`; a damaged one is set aside first. */
export function openStore(request: OpenStore): OpenedStore {
  const reserve = new DiskReserve(request.directory);
  const lock = reserve.help(() => takeLock(request.directory));
  try {
    const opened = reserve.help(() => openUnderLock(request, lock));
    reserve.refill();
    return opened;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function openUnderLock(request: OpenStore, lock: Sqlite): OpenedStore {
  const path = join(request.directory, "buffer.db");
  const db = openChecked(path);
  if (db !== null) {
    try {
      return openedStore(db, request, { lock, setAsidePath: "" });
    } catch (error) {
      db.close();
      // A file that was closed in order is not checked as a whole: its damage shows only here.
      if (!isDamage(error)) throw error;
    }
  }
  const setAsidePath = setAside(path, request.nowMs);
  const fresh = openSqlite(path, 0);
  prepareSchema(fresh);
  return openedStore(fresh, request, { lock, setAsidePath });
}

function openedStore(
  db: Sqlite,
  request: OpenStore,
  { lock, setAsidePath }: { readonly lock: Sqlite; readonly setAsidePath: string },
): OpenedStore {
  const path = join(request.directory, "buffer.db");
  const mediaDirectory = join(request.directory, "media");
  const mark = new LifeMark(request.directory, db);
  const suspicion = mark.isOfAnOlderDatabase
    ? "database restored: an older one was put into its place"
    : suspicionOf(db, path, request);
  noteIdentity(db, identityOf(path, request), suspicion);
  // A new word only where the old one is wrong: on a full disk each byte is needed for the backlog.
  if (suspicion !== "") mark.renew();
  else mark.forgetOfAnother();
  const removeMedia = (name: string) => rmSync(join(mediaDirectory, name), { force: true });
  const store = new BlockStore(db, { ...request, removeMedia });
  // Of a copy, what was said of its clock is the original's.
  const clockBook = suspicion === "" ? clockBookOf(db) : "";
  const opened = { ...describe(store, suspicion), setAsidePath, clockBook };
  // A set-aside file may still be salvaged: its pictures stay as long as it does.
  const isAside = readdirSync(request.directory).some((name) => name.startsWith(ASIDE_PREFIX));
  if (request.isFirst && !isAside) removeOrphans(mediaDirectory, store.mediaNames());
  const close = () => {
    mark.renew();
    db.prepare("insert or replace into meta values ('clean', '1')").run();
    db.pragma("wal_checkpoint(TRUNCATE)");
    abandon();
  };
  const abandon = () => {
    db.close();
    lock.close();
  };
  return { store, opened, close, abandon };
}

/**
 * The buffer on a database that is lent, in memory mostly: it is not closed, so that it can be
 * opened again after what a simulation takes for a crash.
 */
export function openMemoryStore(db: Sqlite, request: OpenStore): OpenedStore {
  prepareSchema(db);
  const store = new BlockStore(db, { ...request, removeMedia: () => {} });
  const opened = { ...describe(store, ""), setAsidePath: "", clockBook: clockBookOf(db) };
  return { store, opened, close: () => {}, abandon: () => {} };
}

function describe(
  store: BlockStore,
  suspicion: string,
): Omit<Opened, "setAsidePath" | "clockBook"> {
  const epochs = store.epochs();
  return {
    epochs,
    cursors: store.cursors(),
    gaps: store.gaps(),
    ...store.space(),
    isNew: epochs.length === 0,
    suspicion,
  };
}

/** Keeps gateways off the buffer in a folder until what it gives is called. */
export function holdBuffer(directory: string): () => void {
  const lock = takeLock(directory);
  return () => lock.close();
}

function takeLock(directory: string): Sqlite {
  const lock = lockFile(join(directory, "buffer.lock"));
  if (lock) return lock;
  const text = `open buffer "${directory}": another gateway runs on it; stop that one first`;
  throw new Misconfigured(text);
}

/** The database, or null if the file is damaged. */
function openChecked(path: string): Sqlite | null {
  let db: Sqlite | null = null;
  try {
    db = openSqlite(path, 1000);
    prepareSchema(db);
    if (metaOf(db, "clean") === "1") return db;
    const verdict = db.pragma("quick_check(1)", { simple: true });
    if (verdict === "ok") return db;
  } catch (error) {
    db?.close();
    if (isDamage(error)) return null;
    throw faultOf(path, error);
  }
  db.close();
  return null;
}

/** Whether SQLite says that the file is not what it was, or a row of it is not what was written. */
export function isDamage(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  const code = codeOf(error);
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

function faultOf(path: string, error: unknown): unknown {
  if (error instanceof NewerSchema) {
    const text = `open buffer "${path}": ${error.message}; install the newer version again`;
    return new Misconfigured(text, { cause: error });
  }
  const isAccess = ["SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"].some((code) =>
    codeOf(error).startsWith(code),
  );
  if (!isAccess) return error;
  const text = `open buffer "${path}": no access; make the folder writable for this user`;
  return new Misconfigured(text, { cause: error });
}

function setAside(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(":", "").replace("Z", "");
  let target = `${path}.damaged-${stamp}`;
  for (let copy = 2; existsSync(target); copy++) target = `${path}.damaged-${stamp}-${copy}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}

function suspicionOf(db: Sqlite, path: string, request: OpenStore): string {
  const known = metaOf(db, "identity");
  if (known === null || known === identityOf(path, request)) return "";
  return "database restored or cloned: it was written on another machine or as another file";
}

/**
 * Notes whose file this is, and in the same transaction that no epoch of another's goes on: a crash
 * before the new epochs are stored must not make the copy pass for the original.
 */
function noteIdentity(db: Sqlite, identity: string, suspicion: string): void {
  db.exec("begin immediate");
  if (suspicion !== "") db.exec("update epoch set is_current = 0");
  db.prepare("insert or replace into meta values ('clean', '0')").run();
  db.prepare("insert or replace into meta values ('identity', ?)").run(identity);
  db.exec("commit");
}

/** A copy has another inode or birth time; a copied disk image, another machine id. */
function identityOf(path: string, { machineId }: OpenStore): string {
  const { ino, birthtimeMs } = statSync(path);
  return `${machineId}/${ino}/${Math.round(birthtimeMs)}`;
}

function metaOf(db: Sqlite, key: string): string | null {
  const sql = "select value from meta where key = ?";
  return db.prepare<{ value: string }>(sql).get(key)?.value ?? null;
}

/** Removes pictures whose block was never committed, and folders left empty do no harm. */
function removeOrphans(directory: string, names: ReadonlySet<string>): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (!names.has(path.slice(directory.length + 1))) rmSync(path, { force: true });
  }
}
