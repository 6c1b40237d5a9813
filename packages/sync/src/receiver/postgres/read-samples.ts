import { ValueType } from "../../block/format.ts";
import { type Dating, datedOf, type ExportedSample, type ExportOptions } from "../export-record.ts";
import { OTHER_IS_JSON } from "./copy-rows.ts";
import type { Database } from "./database.ts";
import { postgresText } from "./texts.ts";

/** Blocks read at a time. */
const PAGE_BLOCKS = 200;
const QUALITIES = ["good", "uncertain", "bad"] as const;
const KIND_MASK = 7;
const QUALITY_SHIFT = 3;
const QUALITY_MASK = 3;

interface EpochRow {
  ref: number;
  gateway: string;
  epoch: string;
}

interface BlockRow {
  seq: number;
  ref: number;
  /** To be added to the times of its samples. */
  shift: number;
  /** Null where the clock was right. */
  isCorrected: boolean | null;
}

interface SampleRow {
  block: number;
  i: number;
  point: string;
  t: number;
  value: number | null;
  state: number | null;
  other: string | null;
}

/** Every stored sample, by gateway, epoch, block and index; also while a receiver writes. */
export async function* readSamples(
  database: Database,
  options: ExportOptions,
): AsyncGenerator<ExportedSample> {
  const { rows } = await database.query<EpochRow>(
    `select epoch.ref, gateway.id as gateway, epoch.id as epoch
     from epoch join gateway on gateway.ref = epoch.gateway_ref
     where $1::text is null or gateway.id = $1 order by gateway.id, epoch.ref`,
    [options.gateway === undefined ? null : postgresText(options.gateway)],
  );
  for (const epoch of rows) yield* samplesOf(database, epoch, options);
}

async function* samplesOf(
  database: Database,
  epoch: EpochRow,
  { point, fromMs, toMs }: ExportOptions,
): AsyncGenerator<ExportedSample> {
  const from = fromMs ?? Number.MIN_SAFE_INTEGER;
  const to = toMs ?? Number.MAX_SAFE_INTEGER;
  let after = 0;
  for (;;) {
    const page = await database.query<BlockRow>(
      `select block.seq, block.ref, coalesce(shift_ms, 0) as shift, is_corrected as "isCorrected"
       from block left join unsynced using (epoch_ref, seq)
       where epoch_ref = $1 and seq > $2 and samples > 0
       and to_ms + coalesce(shift_ms, 0) >= $3 and from_ms + coalesce(shift_ms, 0) <= $4
       order by seq limit ${PAGE_BLOCKS}`,
      [epoch.ref, after, from, to],
    );
    const { rows } = await database.query<SampleRow>(
      `select block.seq as block, i, point.id as point, t, value, state, other
       from unnest($1::int8[], $2::int8[], $6::int8[]) as block (seq, ref, shift)
       join sample on sample.block_ref = block.ref join point on point.ref = sample.point_ref
       where sample.block_ref = any($2::int8[]) and t + block.shift between $3 and $4
       and ($5::text is null or point.id = $5) order by block.seq, i`,
      [
        page.rows.map(({ seq }) => seq),
        page.rows.map(({ ref }) => ref),
        from,
        to,
        point === undefined ? null : postgresText(point),
        page.rows.map(({ shift }) => shift),
      ],
    );
    const datings = new Map(page.rows.map(({ seq, ...dating }) => [seq, dating]));
    for (const row of rows) yield exportedOf(row, epoch, datings.get(row.block));
    if (page.rows.length < PAGE_BLOCKS) return;
    after = page.rows.at(-1)?.seq ?? after;
  }
}

function exportedOf(
  row: SampleRow,
  { gateway, epoch }: EpochRow,
  dating: Pick<BlockRow, "shift" | "isCorrected"> | undefined,
): ExportedSample {
  const { block, i: index, point } = row;
  const state = row.state ?? 0;
  const isJson = (state & OTHER_IS_JSON) !== 0;
  const other = isJson && row.other !== null ? String(JSON.parse(row.other)) : row.other;
  const kind = state & KIND_MASK;
  const quality = QUALITIES[(state >> QUALITY_SHIFT) & QUALITY_MASK] ?? "bad";
  const value = jsonValueOf(kind, row.value, other);
  const why = kind === ValueType.none && other !== null ? { reason: other } : {};
  const times = datedOf(row.t, datingOf(dating));
  return { gateway, point, ...times, value, quality, ...why, epoch, block, index };
}

/** As the other store has it. */
export function datingOf(
  dating: { readonly shift: number; readonly isCorrected: boolean | null } | undefined,
): Dating {
  const { shift = 0, isCorrected = null } = dating ?? {};
  return { shift, isCorrected: isCorrected === null ? null : Number(isCorrected) };
}

function jsonValueOf(
  kind: number,
  value: number | null,
  other: string | null,
): ExportedSample["value"] {
  if (kind === ValueType.none) return null;
  if (kind === ValueType.text) return other;
  if (kind === ValueType.boolean) return value === 1;
  if (kind === ValueType.bigint) {
    const number = Number(other);
    return Number.isSafeInteger(number) ? number : other;
  }
  return Number.isFinite(value) ? value : String(value);
}
