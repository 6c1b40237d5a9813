import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "./database.ts";

/** Which cluster, history of it, database and table this is; another one after a restore. */
const PLACE = `select concat_ws(' ',
    (select system_identifier from pg_control_system()),
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (select oid from pg_database where datname = current_database()),
    'store'::regclass::oid) as place`;

/** Names this life of the store. */
export async function readIncarnation(database: Database): Promise<string> {
  const { rows } = await database.query<{ value: string }>(
    "select value from store where key = 'incarnation'",
  );
  return String(rows[0]?.value);
}

/** Begins a new life, unless another receiver just did; resolves with its name. */
export async function replaceIncarnation(database: Database, old: string): Promise<string> {
  await database.query("update store set value = $2 where key = 'incarnation' and value = $1", [
    old,
    randomUUID(),
  ]);
  return readIncarnation(database);
}

/**
 * A store that lies elsewhere than it did, or whose mark was not written by the transaction that
 * the mark names, was restored from a dump, a base backup or a replica: it may have less than it
 * acknowledged. Then a new life begins.
 */
export async function noticeRestore(transaction: Transaction): Promise<void> {
  const found = await transaction.query<{ place: string }>(PLACE);
  const place = found.rows[0]?.place;
  const kept = await transaction.query<{ is_same: boolean }>(
    `select mark.value = mark.xmin::text and place.value = $1 as is_same
     from store as mark, store as place where mark.key = 'mark' and place.key = 'place'`,
    [place],
  );
  if (kept.rows[0]?.is_same === true) return;
  const isNew = kept.rows.length === 0;
  await transaction.query(
    `insert into store values ('place', $1), ('mark', mod(pg_current_xact_id()::text::numeric,
       4294967296)::text)
     on conflict (key) do update set value = excluded.value`,
    [place],
  );
  if (isNew) return;
  await transaction.query("update store set value = $1 where key = 'incarnation'", [randomUUID()]);
}
