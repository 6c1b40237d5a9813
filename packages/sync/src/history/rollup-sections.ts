import type { ByteReader } from "../block/byte-reader.ts";
import { ByteWriter } from "../block/byte-writer.ts";
import { GROUP_POINTS } from "./history-rows.ts";
import type { Rollup } from "./rollup.ts";
import { readRollups, writeRollups } from "./rollup-run.ts";

/** What the first is counted from, and how wide each is. */
interface Widths {
  readonly startMs: number;
  readonly widthMs: number;
}

const writer = new ByteWriter(1024);

/** Rollups of a group's points as sections of a row; each is to be written before the next. */
export function* rollupSections(
  points: readonly (readonly Rollup[])[],
  widths: Widths,
): Generator<Uint8Array> {
  for (const rollups of points) {
    writer.at = 0;
    writeRollups(rollups, widths, writer);
    yield writer.view();
  }
}

/** Undoes it; nothing of no row. */
export function readSections(row: ByteReader | null, widths: Widths): Rollup[][] {
  if (!row) return [];
  return Array.from({ length: GROUP_POINTS }, () => readRollups(row.section(), widths));
}
