import { existsSync } from "node:fs";
import { isPostgresUrl, postgresAddress } from "./postgres/address.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { expectFolder } from "./sqlite/open-database.ts";
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

/** Whether opening it begins a new file; of a database only opening it tells. */
export function isNewStore(store: string): boolean {
  return !isPostgresUrl(store) && !existsSync(store);
}

/** Throws `Misconfigured` where there is no folder for the file to be in. */
export function expectPlace(store: string): void {
  if (!isPostgresUrl(store)) expectFolder(store);
}
