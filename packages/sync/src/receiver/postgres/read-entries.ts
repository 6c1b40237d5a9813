import type { Gap, GapReason, Sample, Stream } from "@headgate/model";
import { ValueType } from "../../block/format.ts";
import type { HandedBlock, HandedEntry, HandedMedia } from "../sinks/sink.ts";
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
  return heads.map((head) => {
    const { kind, blockRef } = head;
    if (kind === "gap") return gapOf(head);
    if (kind === "thinned") throw new Error("this store keeps no thinned entries");
    const own = blockRef === null ? undefined : samples.get(blockRef);
    return blockOf(head, kind, { samples: own ?? [], media: media.get(head.position) });
  });
}

function gapOf({ stream, epoch, first, last, reason, ...row }: HeadRow): Gap {
  if (reason === null) throw new Error("a gap has no reason");
  const span = { fromMs: row.fromMs ?? 0, toMs: row.toMs ?? 0 };
  const sampleCount = row.sampleCount ?? 0;
  return { kind: "gap", stream, epoch, first, last, sampleCount, ...span, reason };
}

function blockOf(
  { stream, epoch, first: seq, ...row }: HeadRow,
  kind: HandedBlock["kind"],
  { samples, media }: { samples: readonly Sample[]; media: HandedMedia | undefined },
): HandedBlock {
  const hash = BigInt.asUintN(64, BigInt(row.hash ?? 0))
    .toString(16)
    .padStart(16, "0");
  const span = { fromMs: row.fromMs ?? 0, toMs: row.toMs ?? 0 };
  const head = { kind, stream, epoch, seq, hash, sampleCount: row.sampleCount ?? 0, ...span };
  return { ...head, samples, ...(media === undefined ? {} : { media }) };
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
  for (const row of rows) byBlock.get(row.ref)?.push(sampleOf(row));
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
