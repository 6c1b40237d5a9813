import type { GapReason, Stream } from "@headgate/model";
import { differenceOf, intersectionOf, type Span, type Spans, spansOf } from "../ranges.ts";
import type { SinkStanding } from "./sinks/sink-outbox.ts";
import { openDatabaseReadonly, readIncarnation } from "./sqlite/open-database.ts";
import { readSinks } from "./sqlite/sink-admin.ts";

/** What is gone for good, as the gateway told it, less what came after all. */
export interface RecordedGap {
  readonly first: number;
  readonly last: number;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: GapReason;
}

/** What is held by its essence only, and the samples that this is about. */
export interface RecordedThinned {
  /** Block numbers. */
  readonly spans: Spans;
  /** Samples that are gone, but for what the minutes tell of them. */
  readonly sampleCount: number;
  /** Samples that are kept exactly; part of the epoch's `sampleCount`. */
  readonly keptCount: number;
}

/** One epoch of one stream of a gateway, as the store holds it. */
export interface ReceivedEpoch {
  readonly gateway: string;
  readonly stream: Stream;
  readonly epoch: string;
  /** Why the epoch began, as its first block says. */
  readonly reason: string | null;
  /** 1 to this number is stored, thinned or recorded as gone. */
  readonly contiguousEnd: number;
  /** Highest number seen. */
  readonly max: number;
  /** Whole blocks, and every sample stored. */
  readonly blockCount: number;
  readonly sampleCount: number;
  /** Ranges below `max` that are neither stored nor thinned nor recorded as gone. */
  readonly holes: Spans;
  readonly thinned: RecordedThinned;
  readonly gaps: readonly RecordedGap[];
  readonly duplicateCount: number;
  readonly conflictCount: number;
  /** Of the newest sample, UTC; null where there is none. */
  readonly lastSampleMs: number | null;
}

/** What a receiver's store holds. */
export interface ReceiverStatus {
  readonly incarnation: string;
  readonly epochs: readonly ReceivedEpoch[];
  /** Damaged blocks that were not kept, by gateway. */
  readonly refused: readonly { gateway: string; count: number; reason: string }[];
  /** Where it is handed on to. */
  readonly sinks: readonly SinkStanding[];
  /** No holes and no conflicts. */
  readonly isComplete: boolean;
}

interface EpochRow {
  ref: number;
  gateway: string;
  stream: Stream;
  id: string;
  reason: string | null;
  stored: string;
  thinned: string;
  gone: string;
  blocks: number;
  samples: number;
  thinned_samples: number;
  duplicates: number;
  conflicts: number;
  last_sample_ms: number | null;
}

interface GapRow {
  first: number;
  last: number;
  samples: number;
  from_ms: number;
  to_ms: number;
  reason: GapReason;
}

type Database = ReturnType<typeof openDatabaseReadonly>;

/** Reads what the store in the SQLite file `path` holds, also while a receiver writes to it. */
export function receiveStatus(path: string): ReceiverStatus {
  const database = openDatabaseReadonly(path);
  try {
    // One transaction: counts and ranges of the same moment.
    return database.transaction(() => readStatus(database))();
  } finally {
    database.close();
  }
}

function readStatus(database: Database): ReceiverStatus {
  const rows = database.prepare<EpochRow>(
    `select epoch.*, gateway.id as gateway from epoch
     join gateway on gateway.ref = epoch.gateway_ref order by gateway.id, epoch.ref`,
  );
  const epochs = rows.all().map((row) => epochOf(database, row));
  const refused = database
    .prepare<{ gateway: string; count: number; reason: string }>(
      `select id as gateway, refused as count, refused_reason as reason from gateway
       where refused > 0 order by id`,
    )
    .all();
  const isComplete = epochs.every(
    ({ holes, conflictCount }) => holes.length === 0 && conflictCount === 0,
  );
  const sinks = readSinks(database);
  return { incarnation: readIncarnation(database), epochs, refused, sinks, isComplete };
}

function epochOf(database: Database, row: EpochRow): ReceivedEpoch {
  const stored: Spans = JSON.parse(row.stored);
  const thinned: Spans = JSON.parse(row.thinned);
  const gone: Spans = JSON.parse(row.gone);
  const covered = spansOf([...stored, ...thinned, ...gone]);
  const max = covered.at(-1)?.last ?? 0;
  const holes = differenceOf([{ first: 1, last: max }], covered);
  const firstHole = holes[0];
  return {
    gateway: row.gateway,
    stream: row.stream,
    epoch: row.id,
    reason: row.reason,
    contiguousEnd: firstHole ? firstHole.first - 1 : max,
    max,
    blockCount: row.blocks,
    sampleCount: row.samples,
    holes,
    thinned: thinnedOf(database, row, thinned),
    gaps: gapsOf(database, row.ref, gone),
    duplicateCount: row.duplicates,
    conflictCount: row.conflicts,
    lastSampleMs: row.last_sample_ms,
  };
}

function thinnedOf(database: Database, row: EpochRow, spans: Spans): RecordedThinned {
  const kept = database.prepare<{ samples: number | null }>(
    "select sum(samples) as samples from block where epoch_ref = ? and seq between ? and ?",
  );
  const keptCount = spans.reduce(
    (sum, { first, last }) => sum + (kept.get(row.ref, first, last)?.samples ?? 0),
    0,
  );
  return { spans, sampleCount: row.thinned_samples, keptCount };
}

function gapsOf(database: Database, epochRef: number, gone: Spans): RecordedGap[] {
  const gaps = database.prepare<GapRow>("select * from gap where epoch_ref = ? order by first");
  const arrived = database.prepare<{ samples: number | null }>(
    `select sum(samples + thinned) as samples from block
     where epoch_ref = ? and seq between ? and ?`,
  );
  return gaps.all(epochRef).map(({ first, last, samples, from_ms, to_ms, reason }) => {
    const left: Span[] = intersectionOf(gone, [{ first, last }]);
    const came = arrived.get(epochRef, first, last)?.samples ?? 0;
    return {
      first: left[0]?.first ?? first,
      last: left.at(-1)?.last ?? last,
      sampleCount: Math.max(0, samples - came),
      fromMs: from_ms,
      toMs: to_ms,
      reason,
    };
  });
}
