import type { Gap, GapReason, Sample, Stream } from "@headgate/model";
import { ValueType } from "../../block/format.ts";
import type {
  HandedBlock,
  HandedDating,
  HandedEntry,
  HandedMedia,
  HandedMinute,
  HandedThinned,
} from "../sinks/sink.ts";
import { OTHER_IS_JSON } from "./copy-rows.ts";
import type { Database } from "./database.ts";

const KIND_MASK = 7;
const QUALITY_SHIFT = 3;
const QUALITY_MASK = 3;

/** What waits for a sink, with the head of its block or its gap. */
export interface HeadRow {
  position: number;
  gateway: string;
  stream: Stream;
  epoch: string;
  epochRef: number;
  kind: HandedEntry["kind"];
  first: number;
  last: number;
  storedMs: number;
  blockRef: number | null;
  /** As a signed number. */
  hash: string | null;
  sampleCount: number | null;
  fromMs: number | null;
  toMs: number | null;
  reason: GapReason | null;
  /** To be added to the times of its samples, if a clock dated it that was not sure. */
  shiftMs: number | null;
  isCorrected: boolean | null;
  /** False if the record holds it no more: something that came later has taken its place. */
  isThere: boolean;
}

interface SampleRow {
  ref: number;
  point: string;
  t: number;
  value: number | null;
  state: number | null;
  other: string | null;
}

/** The entries of these rows, decoded; all of them are there. */
export async function readEntries(
  database: Database,
  heads: readonly HeadRow[],
): Promise<HandedEntry[]> {
  const samples = await readSamples(database, heads);
  const media = await readMedia(database, heads);
  const entries: HandedEntry[] = [];
  for (const head of heads) {
    const { kind, blockRef } = head;
    if (kind === "gap") entries.push(gapOf(head));
    else if (kind === "thinned") entries.push(await readThinned(database, head));
    else {
      const own = blockRef === null ? undefined : samples.get(blockRef);
      const parts = { samples: own ?? [], media: media.get(head.position) };
      entries.push(blockOf(head, kind, parts));
    }
  }
  return entries;
}

/** Of those numbers that have not come as blocks. */
async function readThinned(database: Database, head: HeadRow): Promise<HandedThinned> {
  const { epochRef, stream, epoch, first, last } = head;
  const own = [epochRef, first, last, head.hash];
  // What was held first keeps its hash: the wider entry speaks for those inside it.
  const numbers = `block.epoch_ref = $1 and block.seq between $2 and $3 and block.kind = 'thinned'
    and (block.hash = $4 or not exists (select 1 from thinned
      where thinned.epoch_ref = block.epoch_ref and thinned.hash = block.hash
      and block.seq between thinned.first and thinned.last))`;
  const held = await database.query<{ gone: number | null; kept: number | null }>(
    `select sum(thinned)::int8 as gone, sum(samples)::int8 as kept from block where ${numbers}`,
    own,
  );
  const samples = await database.query<SampleRow & { seq: number; i: number }>(
    `select block.seq, i, block.ref, point.id as point, t + coalesce(shift_ms, 0) as t, value,
       state, other
     from block join sample on sample.block_ref = block.ref
     join point on point.ref = sample.point_ref left join unsynced using (epoch_ref, seq)
     where ${numbers} order by block.seq, i`,
    own,
  );
  const minutes = await database.query<HandedMinute>(
    `select point.id as "pointId", t + coalesce(shift_ms, 0) as "minuteMs", min, max, mean, last,
       count, case quality when 0 then 'good' else 'uncertain' end as quality
     from minute join point on point.ref = minute.point_ref
     left join unsynced on unsynced.epoch_ref = minute.epoch_ref and unsynced.seq = first
     where minute.epoch_ref = $1 and first = $2 order by point.id collate "C", t`,
    [epochRef, first],
  );
  const span = { fromMs: head.fromMs ?? 0, toMs: head.toMs ?? 0 };
  const { gone, kept } = held.rows[0] ?? { gone: 0, kept: 0 };
  return {
    ...{ kind: "thinned", stream, epoch, first, last, hash: hexOf(head.hash), ...span },
    ...datingOf(head),
    sampleCount: gone ?? 0,
    keptCount: kept ?? 0,
    samples: samples.rows.map(({ seq, i: index, ...row }) => {
      return { seq, index, sample: sampleOf(row) };
    }),
    minutes: minutes.rows,
  };
}

function hexOf(hash: string | null): string {
  return BigInt.asUintN(64, BigInt(hash ?? 0))
    .toString(16)
    .padStart(16, "0");
}

function datingOf({ shiftMs, isCorrected }: HeadRow): { dating?: HandedDating } {
  return shiftMs === null ? {} : { dating: { isCorrected: isCorrected === true, shiftMs } };
}

function gapOf({ stream, epoch, first, last, reason, ...row }: HeadRow): Gap {
  if (reason === null) throw new Error("a gap has no reason");
  const span = { fromMs: row.fromMs ?? 0, toMs: row.toMs ?? 0 };
  const sampleCount = row.sampleCount ?? 0;
  return { kind: "gap", stream, epoch, first, last, sampleCount, ...span, reason };
}

function blockOf(
  head: HeadRow,
  kind: HandedBlock["kind"],
  { samples, media }: { samples: readonly Sample[]; media: HandedMedia | undefined },
): HandedBlock {
  const { stream, epoch, first: seq, ...row } = head;
  const hash = hexOf(row.hash);
  const span = { fromMs: row.fromMs ?? 0, toMs: row.toMs ?? 0 };
  const about = { kind, stream, epoch, seq, hash, sampleCount: row.sampleCount ?? 0, ...span };
  const dating = datingOf(head);
  return { ...about, ...dating, samples, ...(media === undefined ? {} : { media }) };
}

async function readSamples(
  database: Database,
  heads: readonly HeadRow[],
): Promise<ReadonlyMap<number, Sample[]>> {
  const refs = heads.flatMap(({ blockRef }) => (blockRef === null ? [] : [blockRef]));
  const byBlock = new Map<number, Sample[]>(refs.map((ref) => [ref, []]));
  if (refs.length === 0) return byBlock;
  const { rows } = await database.query<SampleRow>(
    `select block_ref as ref, point.id as point, t, value, state, other
     from sample join point on point.ref = sample.point_ref
     where block_ref = any($1::int8[]) order by block_ref, i`,
    [refs],
  );
  const shifts = new Map(heads.map(({ blockRef, shiftMs }) => [blockRef, shiftMs ?? 0]));
  for (const row of rows) {
    byBlock.get(row.ref)?.push(sampleOf({ ...row, t: row.t + (shifts.get(row.ref) ?? 0) }));
  }
  return byBlock;
}

/** Pictures lie in the database: table `media`, by epoch and number. */
async function readMedia(
  database: Database,
  heads: readonly HeadRow[],
): Promise<ReadonlyMap<number, HandedMedia>> {
  const pictures = heads.filter(({ kind }) => kind === "media");
  if (pictures.length === 0) return new Map();
  const { rows } = await database.query<HandedMedia & { position: number }>(
    `select wanted.position, point.id as "pointId", t as "timestampMs", name,
       content_type as "contentType", octet_length(bytes) as "sizeBytes",
       'media/' || media.epoch_ref || '/' || media.seq as path
     from unnest($1::int8[], $2::int[], $3::int8[]) as wanted (position, epoch_ref, seq)
     join media using (epoch_ref, seq) join point on point.ref = media.point_ref`,
    [
      pictures.map(({ position }) => position),
      pictures.map(({ epochRef }) => epochRef),
      pictures.map(({ first }) => first),
    ],
  );
  return new Map(rows.map(({ position, ...media }) => [position, media]));
}

function sampleOf({ point: pointId, t: timestampMs, value, state, other }: SampleRow): Sample {
  const head = { pointId, timestampMs };
  if (state === null) return { ...head, quality: "good", value: value ?? 0 };
  const isJson = (state & OTHER_IS_JSON) !== 0;
  const text = isJson && other !== null ? String(JSON.parse(other)) : (other ?? "");
  const kind = state & KIND_MASK;
  if (kind === ValueType.none) return { ...head, quality: "bad", value: null, reason: text };
  const isGood = ((state >> QUALITY_SHIFT) & QUALITY_MASK) === 0;
  const quality = isGood ? ("good" as const) : ("uncertain" as const);
  return { ...head, quality, value: valueIn(kind, value, text) };
}

function valueIn(kind: number, value: number | null, text: string) {
  if (kind === ValueType.text) return text;
  if (kind === ValueType.boolean) return value === 1;
  return kind === ValueType.bigint ? BigInt(text) : (value ?? 0);
}
