import { Misconfigured } from "@headgate/model";
import { createDatabase, type Database, type DatabaseOptions } from "../postgres/database.ts";
import { readShards as read, type ShardStanding } from "../postgres/lease-table.ts";
import { expectStore } from "../postgres/migrate.ts";

/** All shards of a store, and the receivers that are alive. */
export function readShards(
  store: string,
): Promise<{ readonly shards: readonly ShardStanding[]; readonly members: readonly string[] }> {
  return withStore(store, read, { isReader: true });
}

/** The shard goes to `instance` as soon as that one is alive; null: it may be anyone's again. */
export function moveShard(store: string, shard: string, instance: string | null): Promise<void> {
  return withStore(store, async (database) => {
    const { rowCount } = await database.query("update shard set wanted = $2 where name = $1", [
      shard,
      instance,
    ]);
    if (rowCount === 0) throw new Misconfigured(`shard "${shard}": there is none of that name`);
  });
}

async function withStore<T>(
  store: string,
  body: (database: Database) => Promise<T>,
  options: DatabaseOptions = {},
): Promise<T> {
  const database = await createDatabase(store, options);
  try {
    await expectStore(database);
    return await body(database);
  } finally {
    await database.close();
  }
}
