import { exportMinutes } from "./export-minutes.ts";
import { exportRecord } from "./export-record.ts";
import { isPostgresUrl } from "./postgres/address.ts";
import { openPostgresRecord } from "./postgres/postgres-record.ts";
import { receiveStatus } from "./receive-status.ts";
import type { ReceivedRecord } from "./received-record.ts";

/** Opens the store that `store` names: an SQLite file or a `postgres://` address. */
export async function openRecord(store: string): Promise<ReceivedRecord> {
  if (isPostgresUrl(store)) return openPostgresRecord(store);
  return {
    status: async () => receiveStatus(store),
    samples: async function* (options) {
      yield* exportRecord(store, options);
    },
    minutes: async function* (options) {
      yield* exportMinutes(store, options);
    },
    close: async () => {},
  };
}
