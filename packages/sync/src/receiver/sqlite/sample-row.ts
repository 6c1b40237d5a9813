import type { Sample } from "@headgate/model";
import { QualityCode, ValueType } from "../../block/format.ts";
import type { HandedDating } from "../sinks/sink.ts";

/** A row of `SAMPLE_COLUMNS`. */
export interface SampleRow {
  point: string;
  t: number;
  value: number | string | null;
  kind: number;
  quality: number;
  reason: string | null;
}

/**
 * Of tables sample, point and unsynced: times as they are known to be by now. A whole number may be
 * beyond 2^53: it comes as text.
 */
export const SAMPLE_COLUMNS = `
  point.id as point, t + coalesce(shift_ms, 0) as t, sample.kind, quality, reason,
  case typeof(value) when 'integer' then cast(value as text) else value end as value`;

/** Of table unsynced; null where the clock was right. */
export interface DatingRow {
  shift_ms: number | null;
  is_corrected: number | null;
}

/** What is known of the clock that dated an entry; nothing where it was right. */
export function datingOf({ shift_ms: shiftMs, is_corrected }: DatingRow): {
  readonly dating?: HandedDating;
} {
  if (shiftMs === null) return {};
  return { dating: { isCorrected: is_corrected === 1, shiftMs } };
}

/** The sample that was stored, to the bit. */
export function sampleOf(row: SampleRow): Sample {
  const { point: pointId, t: timestampMs } = row;
  if (row.quality === QualityCode.bad) {
    const reason = row.reason ?? "";
    return { pointId, timestampMs, quality: "bad", value: null, reason };
  }
  const quality = row.quality === QualityCode.good ? "good" : "uncertain";
  return { pointId, timestampMs, quality, value: storedValueOf(row) };
}

function storedValueOf({ kind, value }: SampleRow): boolean | number | bigint | string {
  if (kind === ValueType.boolean) return value === "1";
  if (kind === ValueType.bigint) return BigInt(value ?? 0);
  if (kind === ValueType.text) return String(value);
  return Number(value);
}
