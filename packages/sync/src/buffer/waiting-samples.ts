import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { STREAMS } from "@headgate/model";
import { differenceOf, type Spans, spansOf } from "../ranges.ts";
import { CursorTable } from "./cursor-table.ts";
import { type EpochRow, EpochTable } from "./epoch-table.ts";
import { ASIDE_PREFIX, isDamage } from "./open-store.ts";
import { openToRead, readFault } from "./open-to-read.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite } from "./sqlite.ts";
import type { StoredCursor } from "./store-messages.ts";

const TASK = "count what waits in";

/**
 * Samples of a buffer that some of these uplinks have not acknowledged: what would be lost with it.
 * Without an uplink nothing ever was. Null where nobody can tell: it is damaged, or parts of it
 * were set aside.
 */
export function countWaiting(directory: string, uplinkIds: readonly string[]): number | null {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  if (names.some((name) => name.startsWith(ASIDE_PREFIX))) return null;
  if (!names.includes("buffer.db")) return 0;
  const path = join(directory, "buffer.db");
  let db: Sqlite | null = null;
  try {
    db = openToRead(path, TASK);
    const opened = db;
    // Overwritten and cut to nothing, as by a wipe that did not come to its end.
    if (db.pragma("user_version", { simple: true }) === 0) return null;
    const cursors = new CursorTable(db).all();
    const counts = new EpochTable(db).rows.map((row) => {
      const waiting = waitingOf(row, { cursors, uplinkIds });
      return waiting.reduce((sum, span) => sum + samplesIn(opened, row, span), 0);
    });
    return counts.reduce((sum, one) => sum + one, 0);
  } catch (error) {
    if (isDamage(error)) return null;
    throw readFault(error, path, TASK);
  } finally {
    db?.close();
  }
}

function waitingOf(
  { epoch, next, is_current }: EpochRow,
  { cursors, uplinkIds }: { cursors: readonly StoredCursor[]; uplinkIds: readonly string[] },
): Spans {
  const all = [{ first: 1, last: next - 1 }];
  const own = cursors.filter((cursor) => cursor.epoch === epoch);
  if (uplinkIds.length === 0) return spansOf(all);
  // An epoch that is over, and that nobody has a word about any more, was acknowledged by all.
  if (own.length === 0 && is_current === 0) return [];
  const missing = uplinkIds.map((id) =>
    differenceOf(all, own.find(({ uplinkId }) => uplinkId === id)?.spans ?? []),
  );
  return spansOf(missing.flat());
}

function samplesIn(
  db: Sqlite,
  { no, stream }: EpochRow,
  { first, last }: { first: number; last: number },
): number {
  if (!STREAMS.includes(stream)) return 0;
  const base = no * SEQS_PER_EPOCH;
  const [from, to] = [base + first, base + last];
  const sum = (sql: string, ...given: number[]) =>
    db.prepare<{ count: number }>(sql).get(...given)?.count ?? 0;
  const blocks = sum(
    `select coalesce(sum(samples), 0) as count from ${stream}_block where id between ? and ?`,
    ...[from, to],
  );
  if (stream !== "main") return blocks;
  // One entry of minutes stands for several numbers, and waits if one of them does.
  const minutes = sum(
    `select coalesce(sum(kept), 0) as count from main_thinned
     where id between ? and ? and last >= ?`,
    ...[base, to, first],
  );
  return blocks + minutes;
}
