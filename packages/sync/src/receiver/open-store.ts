import { isPostgresUrl, postgresAddress } from "./postgres/address.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

/** Opens the store that `store` names, an SQLite file or a `postgres://` address, for writing. */
export async function openStore(store: string): Promise<Store> {
  return isPostgresUrl(store) ? openPostgresStore(store) : openSqliteStore(store);
}

/** The store for people to read: without a password. */
export function storeName(store: string): string {
  return isPostgresUrl(store) ? postgresAddress(store).shown : store;
}
