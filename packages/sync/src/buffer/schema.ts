import type { Sqlite } from "./sqlite.ts";

/** A row's id is `epoch.no * this + seq`: ordered, gapless to search, and no second index. */
export const SEQS_PER_EPOCH = 2 ** 36;

/** Of an epoch. */
export const EVERY_NUMBER = { first: 0, last: SEQS_PER_EPOCH - 1 } as const;

export const PAGE_BYTES = 1024;

/** Each brings the schema from the version of its place to the next. Never edit a shipped one. */
const MIGRATIONS: readonly string[] = [
  `create table meta (key text primary key, value text not null) strict, without rowid;
   create table epoch (no integer primary key, stream text not null, epoch text not null unique,
     next integer not null, is_current integer not null) strict;
   create table point_list (no integer primary key, hash text not null unique, ids text not null)
     strict;
   create table main_block (id integer primary key, kind text not null, samples integer not null,
     from_ms integer not null, to_ms integer not null, list integer not null, hash text not null,
     name text not null, bytes integer not null, body blob not null) strict;
   create table media_block (id integer primary key, kind text not null, samples integer not null,
     from_ms integer not null, to_ms integer not null, list integer not null, hash text not null,
     name text not null, bytes integer not null, body blob not null) strict;
   create table gap (epoch integer not null, first integer not null, last integer not null,
     samples integer not null, from_ms integer not null, to_ms integer not null,
     reason text not null, primary key (epoch, first)) strict, without rowid;
   create table cursor (uplink text not null, stream text not null, epoch text not null,
     spans text not null, primary key (uplink, stream, epoch)) strict, without rowid;
   create table quarantined (no integer primary key, stream text not null, epoch text not null,
     seq integer not null, reason text not null, hash text not null, body blob not null) strict;`,
  `alter table main_block add column clock text not null default '';
   alter table main_block add column seal integer not null default 0;
   alter table media_block add column clock text not null default '';
   alter table media_block add column seal integer not null default 0;`,
  `create table events_block (id integer primary key, kind text not null, samples integer not null,
     from_ms integer not null, to_ms integer not null, list integer not null, hash text not null,
     name text not null, bytes integer not null, body blob not null, clock text not null,
     seal integer not null) strict;
   create table main_thinned (id integer primary key, last integer not null,
     samples integer not null, kept integer not null, from_ms integer not null,
     to_ms integer not null, list integer not null, hash text not null, body blob not null,
     seal integer not null) strict;
   create table acked (epoch integer primary key, spans text not null, bytes integer not null)
     strict;`,
  "alter table main_thinned add column clock text not null default '';",
  "alter table quarantined add column about text not null default '';",
  `create table history_block (id integer primary key, kind text not null,
     samples integer not null, from_ms integer not null, to_ms integer not null,
     list integer not null, hash text not null, name text not null, bytes integer not null,
     body blob not null, clock text not null, seal integer not null) strict;`,
];

/** What this program writes, and the newest that it can read. */
export const BUFFER_SCHEMA = MIGRATIONS.length;

/** From this version on, what is kept aside can be sent again. */
export const MIGRATION_OF_QUARANTINE = 5;

/** Sets the connection up and brings the file to the newest schema. */
export function prepareSchema(db: Sqlite): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("wal_autocheckpoint = 4000");
  db.pragma("journal_size_limit = 8388608");
  db.pragma("cache_size = -2048");
  db.pragma("temp_store = MEMORY");
  db.pragma("secure_delete = OFF");
  db.pragma("foreign_keys = OFF");
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > MIGRATIONS.length) {
    throw new NewerSchema(`its schema ${version} is newer than ${MIGRATIONS.length}`);
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    db.exec(`begin immediate; ${MIGRATIONS[next]} pragma user_version = ${next + 1}; commit;`);
  }
}

/** What the database takes on the disk, without its free pages. */
export function usedBytesOf(db: Sqlite): number {
  const pages = Number(db.pragma("page_count", { simple: true }));
  const free = Number(db.pragma("freelist_count", { simple: true }));
  return (pages - free) * PAGE_BYTES;
}

/** The file was written by a newer version of this program. */
export class NewerSchema extends Error {
  override name = "NewerSchema";
}
