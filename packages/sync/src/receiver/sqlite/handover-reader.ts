import type { Gap, GapReason, Sample, Stream } from "@headgate/model";
import { QualityCode, ValueType } from "../../block/format.ts";
import type { HandedBlock, HandedEntry, HandedMedia } from "../sinks/sink.ts";
import type { Connection, Statement } from "./connection.ts";

/** A row of the outbox: what to hand on, by its place in the record. */
export interface OutboxRow {
  position: number;
  epochRef: number;
  gateway: string;
  stream: Stream;
  epoch: string;
  kind: string;
  first: number;
  last: number;
  storedMs: number;
}

interface BlockRow {
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

interface SampleRow {
  point: string;
  t: number;
  value: number | string | null;
  kind: number;
  quality: number;
  reason: string | null;
}

/** Reads entries back from the record, decoded. */
export class HandoverReader {
  readonly #block: Statement<BlockRow>;
  readonly #gap: Statement<GapRow>;
  readonly #samples: Statement<SampleRow>;
  readonly #media: Statement<HandedMedia>;

  constructor(database: Connection) {
    this.#block = database.prepare(
      "select kind, hash, samples, from_ms, to_ms from block where epoch_ref = ? and seq = ?",
    );
    this.#gap = database.prepare(
      `select samples, from_ms, to_ms, reason from gap
       where epoch_ref = ? and first = ? and last = ?`,
    );
    // A whole number may be beyond 2^53: it comes as text.
    this.#samples = database.prepare(
      `select point.id as point, t + coalesce(shift_ms, 0) as t, kind, quality, reason,
       case typeof(value) when 'integer' then cast(value as text) else value end as value
       from sample join point on point.ref = point_ref
       left join unsynced on unsynced.epoch_ref = sample.epoch_ref and seq = block
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
    const head = { kind, stream, epoch, seq, hash, sampleCount, fromMs, toMs };
    if (kind !== "media") {
      return { ...head, samples: this.#samples.all(epochRef, seq).map(sampleOf) };
    }
    const media = this.#media.get(epochRef, seq);
    return { ...head, samples: [], ...(media === undefined ? {} : { media }) };
  }
}

function sampleOf(row: SampleRow): Sample {
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
