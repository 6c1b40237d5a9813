export { openSqliteStore } from "./sqlite/sqlite-store.ts";
export type { Arrival, EpochStanding, Store, Verdict } from "./store.ts";
