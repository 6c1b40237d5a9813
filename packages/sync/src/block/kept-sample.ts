import type { Sample } from "@headgate/model";
import { type DecodedBlock, valueAt } from "./decode.ts";
import { QualityCode } from "./format.ts";

/** A sample that stays as it is when its block is thinned, and where it stood. */
export interface KeptSample {
  readonly pointIndex: number;
  /** Its block's number minus the first of the entry. */
  readonly offset: number;
  readonly index: number;
  /** Without the name of its point. */
  readonly sample: Sample;
}

/** A block being thinned: its place in the entry, and by how much its times are wrong. */
export interface BlockBeingThinned {
  readonly offset: number;
  readonly columns: DecodedBlock;
  readonly shiftMs: number;
}

/** Takes sample `index` of a block to be kept. */
export function keptAt(
  { offset, columns, shiftMs }: BlockBeingThinned,
  pointIndex: number,
  index: number,
): KeptSample {
  const timestampMs = (columns.timestampsMs[index] as number) + shiftMs;
  const value = valueAt(columns, index);
  const head = { pointId: "", timestampMs };
  if (value === null) {
    const reason = String(columns.others.get(index));
    return { pointIndex, offset, index, sample: { ...head, quality: "bad", value, reason } };
  }
  const isUncertain = columns.qualities[index] === QualityCode.uncertain;
  const quality = isUncertain ? "uncertain" : "good";
  return { pointIndex, offset, index, sample: { ...head, quality, value } };
}
