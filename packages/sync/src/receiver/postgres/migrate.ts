import { randomUUID } from "node:crypto";
import { Misconfigured } from "@headgate/model";
import type { Database, Transaction } from "./database.ts";
import { noticeRestore } from "./incarnation.ts";
import { MIGRATIONS } from "./schema.ts";

/** Names the lock under which one process at a time creates and migrates tables. */
const MIGRATION_LOCK = 0x48475258;
const SERVER_VERSION_MIN = 140_000;

/** Creates the store's tables, or brings them up to date. Safe to run from many at once. */
export async function migrate(database: Database): Promise<void> {
  const { schema, shown } = database.address;
  await database.transact(async (transaction) => {
    await transaction.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await expectServer(transaction, shown);
    const version = await versionOf(transaction, schema);
    if (version > MIGRATIONS.length) throw tooNew(shown, version);
    if (version === MIGRATIONS.length) return noticeRestore(transaction);
    if (version === 0) await create(transaction, schema);
    for (const step of MIGRATIONS.slice(version)) await transaction.query(step);
    await transaction.query("update store set value = $1 where key = 'version'", [
      String(MIGRATIONS.length),
    ]);
    await noticeRestore(transaction);
  });
}

/** Throws `Misconfigured` unless a store of this layout is there; changes nothing. */
export async function expectStore(database: Database): Promise<void> {
  const { schema, shown } = database.address;
  const version = await versionOf(database, schema);
  if (version === 0) {
    throw new Misconfigured(`open store ${shown}: nothing was received there; check the address`);
  }
  if (version > MIGRATIONS.length) throw tooNew(shown, version);
  if (version < MIGRATIONS.length) {
    throw new Misconfigured(
      `open store ${shown}: its layout ${version} is older; start the receiver once to migrate it`,
    );
  }
}

async function create(transaction: Transaction, schema: string): Promise<void> {
  await transaction.query(`create schema if not exists ${schema}`);
  await transaction.query("create table store (key text primary key, value text not null)");
  await transaction.query("insert into store values ('version', '0'), ('incarnation', $1)", [
    randomUUID(),
  ]);
}

async function expectServer(transaction: Transaction, shown: string): Promise<void> {
  const found = await transaction.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::int as version,
     current_setting('server_encoding') as encoding`,
  );
  const { version = 0, encoding = "" } = found.rows[0] ?? {};
  if (version < SERVER_VERSION_MIN) {
    throw new Misconfigured(`open store ${shown}: PostgreSQL 14 or newer is needed`);
  }
  if (encoding !== "UTF8") {
    throw new Misconfigured(`open store ${shown}: the database is ${encoding}; create it as UTF8`);
  }
}

type Asking = Pick<Database, "query">;

async function versionOf(session: Asking | Transaction, schema: string): Promise<number> {
  const query = session.query.bind(session) as Asking["query"];
  const found = await query<{ is_there: boolean }>(
    "select to_regclass($1) is not null as is_there",
    [`${schema}.store`],
  );
  if (found.rows[0]?.is_there !== true) return 0;
  const kept = await query<{ value: string }>("select value from store where key = 'version'");
  return Number(kept.rows[0]?.value ?? 0);
}

function tooNew(shown: string, version: number): Misconfigured {
  return new Misconfigured(
    `open store ${shown}: layout ${version} is not known here; use the version that wrote it`,
  );
}
