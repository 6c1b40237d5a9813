import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Misconfigured } from "@headgate/model";
import { type Connection, connect } from "./connection.ts";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { storeFault } from "./store-fault.ts";

const PAGE_BYTES = 8192;
/** The commit that reaches this much pays for a checkpoint. */
const WAL_BYTES_MAX = 16 * 1024 * 1024;
/** A busy wait freezes the event loop; nothing but a checkpoint should ever be in the way. */
const BUSY_MS_MAX = 200;
/** Another process waits so long for the writer. */
const BESIDE_MS_MAX = 5000;

/** Opens a store for its one writer; creates the file where there is none, never a folder. */
export function openDatabase(path: string): Connection {
  expectFolder(path);
  try {
    const database = connect(path, { timeout: BUSY_MS_MAX });
    try {
      prepare(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw storeFault(error, `open store "${path}"`);
  }
}

/** A folder that is mistyped, or not mounted, is no place for an empty store. */
export function expectFolder(path: string): void {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  const todo = "correct the path, mount what belongs there, or create the folder";
  throw new Misconfigured(`open store "${path}": there is no folder "${folder}"; ${todo}`);
}

/** Opens an existing store beside its writer, to look only. */
export function openDatabaseReadonly(path: string): Connection {
  return openExisting(path, true);
}

/** Opens an existing store beside its writer, for a change of a moment. */
export function openDatabaseBeside(path: string): Connection {
  return openExisting(path, false);
}

function openExisting(path: string, isReadonly: boolean): Connection {
  if (!existsSync(path)) {
    throw new Misconfigured(`open store "${path}": there is no such file; check the path`);
  }
  try {
    const options = { readonly: isReadonly, fileMustExist: true, timeout: BESIDE_MS_MAX };
    const database = connect(path, options);
    try {
      checkKind(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw storeFault(error, `open store "${path}"`);
  }
}

function prepare(database: Connection, path: string): void {
  const isNew = database.prepare("select 1 from sqlite_schema").get() === undefined;
  if (isNew) database.pragma(`page_size = ${PAGE_BYTES}`);
  else checkKind(database, path);
  database.pragma("journal_mode = wal");
  database.pragma("synchronous = full");
  const pageBytes = Number(database.pragma("page_size", { simple: true }));
  database.pragma(`wal_autocheckpoint = ${Math.round(WAL_BYTES_MAX / pageBytes)}`);
  database.pragma(`journal_size_limit = ${4 * WAL_BYTES_MAX}`);
  database.pragma("foreign_keys = off");
  if (isNew) create(database);
}

function create(database: Connection): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    const insert = database.prepare("insert into store values (?, ?)");
    insert.run("incarnation", randomUUID());
  })();
}

function checkKind(database: Connection, path: string): void {
  if (database.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new Misconfigured(`open store "${path}": not a receiver's store; choose another file`);
  }
  const version = database.pragma("user_version", { simple: true });
  if (version !== SCHEMA_VERSION) {
    throw new Misconfigured(
      `open store "${path}": layout ${version} is not known here; use the version that wrote it`,
    );
  }
}

/** Names this life of the store. */
export function readIncarnation(database: Connection): string {
  const row = database.prepare("select value from store where key = 'incarnation'").pluck().get();
  return String(row);
}
