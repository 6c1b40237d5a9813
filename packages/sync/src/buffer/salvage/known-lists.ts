import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PointList } from "@headgate/model";
import { pointListOf } from "../../block/hash.ts";
import { openSqlite } from "../sqlite.ts";

const BUSY_MS_MAX = 200;

/**
 * The point lists of the buffer in `directory`: they serve where the damaged file has lost its own.
 * A list is proved by its hash, so none can do harm.
 */
export function knownLists(directory: string): PointList[] {
  const path = join(directory, "buffer.db");
  if (!existsSync(path)) return [];
  try {
    const db = openSqlite(path, BUSY_MS_MAX, { isReadonly: true });
    try {
      const rows = db.prepare<{ ids: string }>("select ids from point_list").all();
      return rows.map(({ ids }) => pointListOf(JSON.parse(ids) as string[]));
    } finally {
      db.close();
    }
  } catch {
    // It may be the damaged file itself, or no buffer: then there is nothing to be had from it.
    return [];
  }
}
