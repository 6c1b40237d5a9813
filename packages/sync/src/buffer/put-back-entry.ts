import { extentOf } from "@headgate/model";
import type { CursorTable } from "./cursor-table.ts";
import type { EpochTable } from "./epoch-table.ts";
import type { GapTable } from "./gap-table.ts";
import type { PointListTable } from "./point-list-table.ts";
import type { KeptAside } from "./quarantine-table.ts";
import type { StreamLog } from "./stream-log.ts";
import type { Totals } from "./totals.ts";

/** All that knows of an entry. */
interface Parts {
  readonly epochs: EpochTable;
  readonly gaps: GapTable;
  readonly lists: PointListTable;
  readonly cursors: CursorTable;
  readonly totals: Totals;
  /** Of the entry's stream. */
  readonly log: StreamLog;
}

/** What was kept aside is there again under its own numbers, and goes to every uplink. */
export function putBackEntry(
  { entry, pointList, media }: KeptAside,
  { epochs, gaps, lists, cursors, totals, log }: Parts,
): void {
  const { stream, epoch, kind, sampleCount } = entry;
  epochs.addEnded(stream, epoch);
  const { no } = epochs.get(epoch);
  const span = extentOf(entry);
  if (log.has(no, span.first)) return;
  const keptCount = entry.kind === "thinned" ? entry.keptCount : 0;
  gaps.cut(epoch, span, sampleCount + keptCount);
  totals.found({ kind, sampleCount, keptCount });
  if (pointList) lists.add(pointList);
  const list = lists.numberOf(entry.schemaHash);
  if (entry.kind === "thinned") log.thin(no, entry, list);
  else {
    const file = media && { ...media, hash: entry.hash };
    log.blocks.insert(no, list, { ...entry, bytes: entry.body, media: file });
  }
  epochs.given(epoch, span.last);
  cursors.forget(entry, span);
}
