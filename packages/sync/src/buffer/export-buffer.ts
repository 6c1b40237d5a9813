import { join } from "node:path";
import type { Sample, SampleStream, Seq } from "@headgate/model";
import { decodeSamples, samplesOfColumns } from "../block/decode.ts";
import { MalformedBlock } from "../block/format.ts";
import { hashOf } from "../block/hash.ts";
import { decodeThinned } from "../block/thinned-body.ts";
import { openToRead, readFault } from "./open-to-read.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite } from "./sqlite.ts";

/** A sample with the name that it has for ever. */
export interface BufferedSample {
  readonly epoch: string;
  readonly block: Seq;
  readonly index: number;
  readonly sample: Sample;
  /** It is of what a device remembered while its line was lost. */
  readonly isBackfilled?: boolean;
}

/** One minute of one point: what a thinned entry tells of samples that are gone. */
export interface BufferedMinute {
  readonly pointId: string;
  /** Start of the minute, UTC. */
  readonly minuteMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  /** Samples that the figures tell of, of the blocks from `firstBlock` to `lastBlock`. */
  readonly count: number;
  readonly isUncertain: boolean;
  readonly epoch: string;
  readonly firstBlock: Seq;
  readonly lastBlock: Seq;
}

/** How much of a buffer is minutes only. */
export interface ThinnedCounts {
  /** Numbers of blocks, and samples of them that only minutes tell of. */
  readonly blocks: number;
  readonly samples: number;
}

interface EpochRow {
  readonly no: number;
  readonly stream: SampleStream;
  readonly epoch: string;
}

interface Row {
  readonly id: number;
  /** Of a thinned entry the last number it stands for; 0 for a block. */
  readonly last: Seq;
  readonly body: Uint8Array;
  readonly hash: string;
  readonly ids: string;
}

const ROWS_PER_READ = 50;
const TASK = "export buffer";

/**
 * Every sample that the buffer in `directory` still holds, also while its gateway runs; of thinned
 * blocks, those that were kept exactly.
 */
export function* exportBuffer(directory: string): Generator<BufferedSample> {
  for (const { row, stream, epoch, first } of rowsIn(directory, samplesSql)) {
    const isBackfilled = stream === "history";
    for (const sample of samplesOfRow(row, first)) yield { epoch, ...sample, isBackfilled };
  }
}

/** Every minute that stands for samples of thinned blocks, likewise. */
export function* exportMinutes(directory: string): Generator<BufferedMinute> {
  for (const { row, epoch, first } of rowsIn(directory, minutesSql)) {
    const pointIds = JSON.parse(row.ids) as string[];
    const { minutes } = decodeThinned(row.body, row.last - first + 1);
    for (const { pointIndex, ...minute } of minutes) {
      const of = { epoch, firstBlock: first, lastBlock: row.last };
      yield { pointId: pointIds[pointIndex] ?? "", ...minute, ...of };
    }
  }
}

/** How much of the buffer in `directory` is minutes only. */
export function countThinned(directory: string): ThinnedCounts {
  const path = join(directory, "buffer.db");
  let db: Sqlite | null = null;
  try {
    db = openToRead(path, TASK);
    if (!hasThinned(db)) return { blocks: 0, samples: 0 };
    const sql = `select coalesce(sum(last - id % ${SEQS_PER_EPOCH} + 1), 0) as blocks,
       coalesce(sum(samples), 0) as samples from main_thinned`;
    return db.prepare<ThinnedCounts>(sql).get() ?? { blocks: 0, samples: 0 };
  } catch (error) {
    throw readFault(error, path, TASK);
  } finally {
    db?.close();
  }
}

interface RowInEpoch {
  readonly row: Row;
  readonly stream: SampleStream;
  readonly epoch: string;
  readonly first: Seq;
}

type RowsSql = (db: Sqlite, stream: SampleStream) => string | null;

/** Rows in the order of their epochs and numbers; whatever ends it is told in one line. */
function* rowsIn(directory: string, sqlOf: RowsSql): Generator<RowInEpoch> {
  const path = join(directory, "buffer.db");
  let db: Sqlite | null = null;
  try {
    db = openToRead(path, TASK);
    const epochs = db.prepare<EpochRow>(
      "select no, stream, epoch from epoch where stream <> 'media' order by no",
    );
    for (const epoch of epochs.all()) {
      const sql = sqlOf(db, epoch.stream);
      if (sql !== null) yield* rowsOf(db, sql, epoch);
    }
  } catch (error) {
    throw readFault(error, path, TASK);
  } finally {
    db?.close();
  }
}

function* rowsOf(db: Sqlite, sql: string, { no, stream, epoch }: EpochRow): Generator<RowInEpoch> {
  const page = db.prepare<Row>(
    `select id, last, body, kept.hash as hash, ids from (${sql}) as kept
     join point_list on point_list.no = list where id > ? and id <= ?
     order by id limit ${ROWS_PER_READ}`,
  );
  const base = no * SEQS_PER_EPOCH;
  let after = base;
  for (;;) {
    // A page at a time: a long read would keep the gateway's log from being checkpointed.
    const rows = page.all(after, base + SEQS_PER_EPOCH - 1);
    for (const row of rows) {
      after = row.id;
      const first = row.id - base;
      if (hashOf(row.body) !== row.hash) throw new MalformedBlock(`${epoch} ${first} is damaged`);
      yield { row, stream, epoch, first };
    }
    if (rows.length < ROWS_PER_READ) return;
  }
}

const THINNED_SQL = "select id, last, list, body, hash from main_thinned";

function samplesSql(db: Sqlite, stream: SampleStream): string {
  const blocks = `select id, 0 as last, list, body, hash from ${stream}_block where kind = 'data'`;
  return stream === "main" && hasThinned(db) ? `${blocks} union all ${THINNED_SQL}` : blocks;
}

function minutesSql(db: Sqlite, stream: SampleStream): string | null {
  return stream === "main" && hasThinned(db) ? THINNED_SQL : null;
}

/** A file that no newer version has opened yet knows of no minutes. */
function hasThinned(db: Sqlite): boolean {
  const sql = "select 1 as one from sqlite_master where name = 'main_thinned'";
  return db.prepare(sql).get() !== undefined;
}

function samplesOfRow({ last, body, ids }: Row, first: Seq): Omit<BufferedSample, "epoch">[] {
  const pointIds = JSON.parse(ids) as string[];
  if (last === 0) {
    const samples = decodeSamples(body, pointIds);
    return samples.map((sample, index) => ({ block: first, index, sample }));
  }
  const { kept, keptOffsets, keptIndexes } = decodeThinned(body, last - first + 1);
  return samplesOfColumns(kept, pointIds).map((sample, at) => {
    return { block: first + (keptOffsets[at] ?? 0), index: keptIndexes[at] ?? 0, sample };
  });
}
