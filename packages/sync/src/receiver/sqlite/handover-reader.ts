import type { Gap, GapReason } from "@headgate/model";
import type { HandedBlock, HandedEntry, HandedMedia } from "../sinks/sink.ts";
import type { Connection, Statement } from "./connection.ts";
import type { OutboxRow } from "./outbox-row.ts";
import {
  type DatingRow,
  datingOf,
  SAMPLE_COLUMNS,
  type SampleRow,
  sampleOf,
} from "./sample-row.ts";
import { ThinnedReader } from "./thinned-reader.ts";

interface BlockRow extends DatingRow {
  kind: HandedBlock["kind"];
  hash: string;
  samples: number;
  from_ms: number;
  to_ms: number;
}

interface GapRow {
  samples: number;
  from_ms: number;
  to_ms: number;
  reason: GapReason;
}

/** Reads entries back from the record, decoded. */
export class HandoverReader {
  readonly #thinned: ThinnedReader;
  readonly #block: Statement<BlockRow>;
  readonly #gap: Statement<GapRow>;
  readonly #samples: Statement<SampleRow>;
  readonly #media: Statement<HandedMedia>;

  constructor(database: Connection) {
    this.#thinned = new ThinnedReader(database);
    this.#block = database.prepare(
      `select kind, hash, samples, from_ms, to_ms, shift_ms, is_corrected
       from block left join unsynced using (epoch_ref, seq) where epoch_ref = ? and seq = ?`,
    );
    this.#gap = database.prepare(
      `select samples, from_ms, to_ms, reason from gap
       where epoch_ref = ? and first = ? and last = ?`,
    );
    this.#samples = database.prepare(
      `select ${SAMPLE_COLUMNS} from sample join point on point.ref = point_ref
       left join unsynced on unsynced.epoch_ref = sample.epoch_ref and unsynced.seq = block
       where sample.epoch_ref = ? and block = ? order by i`,
    );
    this.#media = database.prepare(
      `select point.id as pointId, t as timestampMs, name, content_type as contentType, path,
       bytes as sizeBytes from media join point on point.ref = point_ref
       where epoch_ref = ? and seq = ?`,
    );
  }

  /** Null if the record holds it no more: something that came later has taken its place. */
  read(row: OutboxRow): HandedEntry | null {
    if (row.kind === "thinned") return this.#thinned.read(row);
    return row.kind === "gap" ? this.#readGap(row) : this.#readBlock(row);
  }

  #readGap({ epochRef, stream, epoch, first, last }: OutboxRow): Gap | null {
    const gap = this.#gap.get(epochRef, first, last);
    if (gap === undefined) return null;
    const { samples: sampleCount, from_ms: fromMs, to_ms: toMs, reason } = gap;
    return { kind: "gap", stream, epoch, first, last, sampleCount, fromMs, toMs, reason };
  }

  #readBlock({ epochRef, stream, epoch, first: seq }: OutboxRow): HandedBlock | null {
    const block = this.#block.get(epochRef, seq);
    if (block === undefined) return null;
    const { kind, hash, samples: sampleCount, from_ms: fromMs, to_ms: toMs } = block;
    const span = { sampleCount, fromMs, toMs };
    const head = { kind, stream, epoch, seq, hash, ...span, ...datingOf(block) };
    if (kind !== "media") {
      return { ...head, samples: this.#samples.all(epochRef, seq).map(sampleOf) };
    }
    const media = this.#media.get(epochRef, seq);
    return { ...head, samples: [], ...(media === undefined ? {} : { media }) };
  }
}
