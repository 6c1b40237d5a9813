import { extentOf } from "@headgate/model";
import type { CursorTable } from "./cursor-table.ts";
import type { EpochRow, EpochTable } from "./epoch-table.ts";
import type { GapTable } from "./gap-table.ts";
import type { PointListTable } from "./point-list-table.ts";
import { entryOf, type KeptAside } from "./quarantine-table.ts";
import type { StoredItem } from "./stored-item.ts";
import type { StreamLog } from "./stream-log.ts";
import type { Totals } from "./totals.ts";

/** All that knows of an entry. */
export interface EntryParts {
  readonly epochs: EpochTable;
  readonly gaps: GapTable;
  readonly lists: PointListTable;
  readonly cursors: CursorTable;
  readonly totals: Totals;
  /** Of the entry's stream. */
  readonly log: StreamLog;
}

/** An entry with all that is needed to put it back. */
export function asideOf(
  { first, last }: StoredItem,
  row: EpochRow,
  { log, lists }: EntryParts,
): KeptAside | null {
  const { blocks, thinned } = log.read(row, { first, last }, { blocksMax: 1, bytesMax: 1 });
  const [entry] = [...blocks, ...thinned].map(entryOf);
  if (!entry) return null;
  const pointList = entry.schemaHash === "" ? null : lists.get(entry.schemaHash);
  return { entry, pointList, media: log.blocks.mediaOf(row.no, first) };
}

/** What was kept aside is there again under its own numbers, and goes to every uplink. */
export function putBackEntry(
  { entry, pointList, media }: KeptAside,
  { epochs, gaps, lists, cursors, totals, log }: EntryParts,
): void {
  const { stream, epoch, kind, sampleCount } = entry;
  epochs.addEnded(stream, epoch);
  const { no } = epochs.get(epoch);
  const span = extentOf(entry);
  if (log.has(no, span.first)) return;
  const keptCount = entry.kind === "thinned" ? entry.keptCount : 0;
  gaps.cut(epoch, span, sampleCount + keptCount);
  totals.found({ kind, sampleCount, keptCount }, stream);
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
