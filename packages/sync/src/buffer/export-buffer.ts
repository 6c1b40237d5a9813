import { existsSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured, type Sample, type Seq } from "@headgate/model";
import { decodeSamples, samplesOfColumns } from "../block/decode.ts";
import { decodeThinned } from "../block/thinned-body.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import { codeOf, openSqlite, type Sqlite } from "./sqlite.ts";

/** A sample with the name that it has for ever. */
export interface BufferedSample {
  readonly epoch: string;
  readonly block: Seq;
  readonly index: number;
  readonly sample: Sample;
}

interface EpochRow {
  readonly no: number;
  readonly stream: "events" | "main";
  readonly epoch: string;
}

interface Row {
  readonly id: number;
  /** Of a thinned entry the last number it stands for; 0 for a block. */
  readonly last: Seq;
  readonly body: Uint8Array;
  readonly ids: string;
}

const ROWS_PER_READ = 50;
const BUSY_MS_MAX = 200;

/**
 * Every sample that the buffer in `directory` still holds, also while its gateway runs; of thinned
 * blocks, those that were kept exactly.
 */
export function* exportBuffer(directory: string): Generator<BufferedSample> {
  const path = join(directory, "buffer.db");
  if (!existsSync(path)) {
    throw new Misconfigured(`export buffer "${path}": there is no such file; check buffer.path`);
  }
  const db = openToRead(path);
  try {
    const epochs = db.prepare<EpochRow>(
      "select no, stream, epoch from epoch where stream in ('events', 'main') order by no",
    );
    for (const epoch of epochs.all()) yield* samplesOf(db, epoch);
  } finally {
    db.close();
  }
}

function* samplesOf(db: Sqlite, { no, stream, epoch }: EpochRow): Generator<BufferedSample> {
  const page = db.prepare<Row>(
    `select id, last, body, ids from (${rowsOf(db, stream)})
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
      for (const sample of samplesOfRow(row, row.id - base)) yield { epoch, ...sample };
    }
    if (rows.length < ROWS_PER_READ) return;
  }
}

function rowsOf(db: Sqlite, stream: "events" | "main"): string {
  const blocks = `select id, 0 as last, list, body from ${stream}_block where kind = 'data'`;
  const sql = "select 1 as one from sqlite_master where name = 'main_thinned'";
  // A file that no newer version has opened yet knows of no minutes.
  const hasThinned = stream === "main" && db.prepare(sql).get() !== undefined;
  const thinned = "select id, last, list, body from main_thinned";
  return hasThinned ? `${blocks} union all ${thinned}` : blocks;
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

function openToRead(path: string): Sqlite {
  try {
    return openSqlite(path, BUSY_MS_MAX, { isReadonly: true });
  } catch (cause) {
    const why = `export buffer "${path}": ${codeOf(cause)}`;
    throw new Misconfigured(`${why}; check that this user may read it`, { cause });
  }
}
