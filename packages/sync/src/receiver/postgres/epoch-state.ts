import type { Stream } from "@headgate/model";
import { type Span, spansOf } from "../../ranges.ts";
import type { GapBook, GapRecord } from "./gap-book.ts";
import { spansOfMultirange } from "./multirange.ts";
import { hexHash } from "./texts.ts";

/** One epoch of one stream of a gateway, as its row has it. Replaced as a whole, never changed. */
export interface EpochState extends GapBook {
  readonly ref: number;
  readonly gatewayRef: number;
  readonly stream: Stream;
  readonly epoch: string;
  readonly version: number;
  readonly stored: readonly Span[];
  readonly thinned: readonly Span[];
  readonly gone: readonly Span[];
  /** All together. */
  readonly covered: readonly Span[];
  /** The block of the highest number that came whole; its hash in 16 hex digits. */
  readonly newest: { readonly seq: number; readonly hash: string } | null;
  readonly gaps: readonly GapRecord[];
  readonly entries: readonly ThinnedRecord[];
  readonly blockCount: number;
  readonly sampleCount: number;
  readonly thinnedSampleCount: number;
  readonly duplicateCount: number;
  readonly conflictCount: number;
  readonly fork: number | null;
  readonly lastSampleMs: number | null;
  readonly reason: string | null;
  readonly touchedMs: number;
}

/** A thinned entry of which a number has not come as a block. */
export interface ThinnedRecord {
  readonly first: number;
  readonly last: number;
}

/** A row of `EPOCH_COLUMNS`. */
export interface EpochRow {
  ref: number;
  gateway_ref: number;
  stream: Stream;
  id: string;
  version: number;
  stored: string;
  thinned: string;
  gone: string;
  blocks: number;
  samples: number;
  thinned_samples: number;
  duplicates: number;
  conflicts: number;
  fork: number | null;
  last_sample_ms: number | null;
  reason: string | null;
  touched_ms: number;
  newest: { seq: number; hash: string } | null;
  gaps: GapRecord[] | null;
  entries: ThinnedRecord[] | null;
}

/** An epoch with its gap records and thinned entries, of the same moment. */
export const EPOCH_COLUMNS = `
  epoch.ref, epoch.gateway_ref, epoch.stream, epoch.id, epoch.version, epoch.stored::text,
  epoch.thinned::text, epoch.gone::text, epoch.blocks, epoch.samples, epoch.thinned_samples,
  epoch.duplicates, epoch.conflicts, epoch.fork,
  epoch.last_sample_ms, epoch.reason, epoch.touched_ms,
  (select json_build_object('seq', seq, 'hash', hash::text) from block
   where block.epoch_ref = epoch.ref and kind <> 'thinned' order by seq desc limit 1) as newest,
  (select json_agg(json_build_object('first', first, 'last', last, 'sampleCount', samples,
     'fromMs', from_ms, 'toMs', to_ms, 'reason', reason) order by first)
   from gap where gap.epoch_ref = epoch.ref) as gaps,
  (select json_agg(json_build_object('first', first, 'last', last) order by first)
   from thinned where thinned.epoch_ref = epoch.ref) as entries`;

export function epochOf(row: EpochRow): EpochState {
  const stored = spansOfMultirange(row.stored);
  const thinned = spansOfMultirange(row.thinned);
  const gone = spansOfMultirange(row.gone);
  return {
    ref: row.ref,
    gatewayRef: row.gateway_ref,
    stream: row.stream,
    epoch: row.id,
    version: row.version,
    stored,
    thinned,
    gone,
    covered: spansOf([...stored, ...thinned, ...gone]),
    newest: row.newest && { seq: row.newest.seq, hash: hexHash(row.newest.hash) },
    gaps: row.gaps ?? [],
    entries: row.entries ?? [],
    blockCount: row.blocks,
    sampleCount: row.samples,
    thinnedSampleCount: row.thinned_samples,
    duplicateCount: row.duplicates,
    conflictCount: row.conflicts,
    fork: row.fork,
    lastSampleMs: row.last_sample_ms,
    reason: row.reason,
    touchedMs: row.touched_ms,
  };
}
