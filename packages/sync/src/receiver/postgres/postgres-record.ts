import type { ReceivedRecord } from "../received-record.ts";
import { createDatabase } from "./database.ts";
import { expectStore } from "./migrate.ts";
import { readMinutes } from "./read-minutes.ts";
import { readSamples } from "./read-samples.ts";
import { readStatus } from "./read-status.ts";

/** Opens an existing store beside its writers, to look only. */
export async function openPostgresRecord(url: string): Promise<ReceivedRecord> {
  const database = await createDatabase(url, { isReader: true });
  try {
    await expectStore(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    status: () => readStatus(database),
    samples: (options) => readSamples(database, options),
    minutes: (options) => readMinutes(database, options),
    close: () => database.close(),
  };
}
