import { existsSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured, type Sample, type Seq } from "@headgate/model";
import { decodeSamples } from "../block/decode.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import { codeOf, openSqlite } from "./sqlite.ts";

/** A sample with the name that it has for ever. */
export interface BufferedSample {
  readonly epoch: string;
  readonly block: Seq;
  readonly index: number;
  readonly sample: Sample;
}

interface EpochRow {
  readonly no: number;
  readonly epoch: string;
}

interface BlockRow {
  readonly id: number;
  readonly body: Uint8Array;
  readonly ids: string;
}

const BLOCKS_PER_READ = 50;
const BUSY_MS_MAX = 200;

/** Every sample that the buffer in `directory` still holds, also while its gateway runs. */
export function* exportBuffer(directory: string): Generator<BufferedSample> {
  const path = join(directory, "buffer.db");
  if (!existsSync(path)) {
    throw new Misconfigured(`export buffer "${path}": there is no such file; check buffer.path`);
  }
  const db = openToRead(path);
  try {
    const epochs = db.prepare<EpochRow>("select no, epoch from epoch where stream = 'main'");
    const blocks = db.prepare<BlockRow>(
      `select id, body, ids from main_block join point_list on point_list.no = list
       where kind = 'data' and id > ? and id <= ? order by id limit ${BLOCKS_PER_READ}`,
    );
    for (const { no, epoch } of epochs.all()) {
      const first = no * SEQS_PER_EPOCH;
      let after = first;
      for (;;) {
        // A page at a time: a long read would keep the gateway's log from being checkpointed.
        const rows = blocks.all(after, first + SEQS_PER_EPOCH - 1);
        for (const { id, body, ids } of rows) {
          after = id;
          const samples = decodeSamples(body, JSON.parse(ids) as string[]);
          for (const [index, sample] of samples.entries()) {
            yield { epoch, block: id - first, index, sample };
          }
        }
        if (rows.length < BLOCKS_PER_READ) break;
      }
    }
  } finally {
    db.close();
  }
}

function openToRead(path: string) {
  try {
    return openSqlite(path, BUSY_MS_MAX, { isReadonly: true });
  } catch (cause) {
    const why = `export buffer "${path}": ${codeOf(cause)}`;
    throw new Misconfigured(`${why}; check that this user may read it`, { cause });
  }
}
