import { QualityCode, ValueType } from "../block/format.ts";
import { openDatabaseReadonly } from "./sqlite/open-database.ts";

/** What to export; times are UTC milliseconds, both included. */
export interface ExportOptions {
  readonly gateway?: string;
  readonly point?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** One stored sample. Numbers that JSON has not (2^53 and beyond, NaN, Infinity) are text. */
export interface ExportedSample {
  readonly gateway: string;
  readonly point: string;
  /** UTC milliseconds, corrected as far as the gateway's clock is known. */
  readonly t: number;
  /** Only where the gateway's clock was not known to be right: whether that is known by now. */
  readonly clock?: "unsynced" | "corrected";
  /** Only where it was corrected: as the gateway dated it. */
  readonly tBefore?: number;
  readonly value: boolean | number | string | null;
  readonly quality: "good" | "uncertain" | "bad";
  /** Only where bad: why. */
  readonly reason?: string;
  /** Only where its device remembered it while the line was lost. */
  readonly backfilled?: true;
  readonly epoch: string;
  readonly block: number;
  readonly index: number;
}

interface EpochRow {
  ref: number;
  gatewayRef: number;
  gateway: string;
  stream: string;
  epoch: string;
}

interface SampleRow {
  i: number;
  point: string;
  t: number;
  value: number | string | null;
  kind: number;
  quality: number;
  reason: string | null;
}

/** Blocks looked up at a time. No read outlasts a block, so the writer can always checkpoint. */
const PAGE_BLOCKS = 500;

/** Every stored sample, by gateway, epoch, block and index; also while a receiver writes. */
export function* exportRecord(path: string, options: ExportOptions): Generator<ExportedSample> {
  const database = openDatabaseReadonly(path);
  try {
    const epochs = database.prepare<EpochRow>(
      `select epoch.ref, gateway_ref as gatewayRef, gateway.id as gateway, stream,
       epoch.id as epoch from epoch join gateway on gateway.ref = epoch.gateway_ref
       where @gateway is null or gateway.id = @gateway order by gateway.id, epoch.ref`,
    );
    const reader = createReader(database, options);
    for (const row of epochs.all({ gateway: options.gateway ?? null })) yield* reader(row);
  } finally {
    database.close();
  }
}

function createReader(
  database: ReturnType<typeof openDatabaseReadonly>,
  { point, fromMs, toMs }: ExportOptions,
): (epoch: EpochRow) => Generator<ExportedSample> {
  const span = { from: fromMs ?? Number.MIN_SAFE_INTEGER, to: toMs ?? Number.MAX_SAFE_INTEGER };
  const blocks = database.prepare<BlockRow>(
    `select block.seq as block, coalesce(shift_ms, 0) as shift, is_corrected as isCorrected
     from block left join unsynced on unsynced.epoch_ref = block.epoch_ref
     and unsynced.seq = block.seq
     where block.epoch_ref = @epoch and block.seq > @after and samples > 0
     and to_ms + coalesce(shift_ms, 0) >= @from and from_ms + coalesce(shift_ms, 0) <= @to
     order by block.seq limit ${PAGE_BLOCKS}`,
  );
  // A whole number may be beyond 2^53: it comes as text, and becomes a number where it fits.
  const samples = database.prepare<SampleRow>(
    `select i, point.id as point, t, kind, quality, reason,
     case typeof(value) when 'integer' then cast(value as text) else value end as value
     from sample join point on point.ref = point_ref
     where epoch_ref = @epoch and block = @block and t + @shift between @from and @to
     and (@point is null or point.id = @point) order by i`,
  );
  return function* ({ ref: epoch, gateway, stream, epoch: epochId }) {
    let after = 0;
    for (;;) {
      const page = blocks.all({ ...span, epoch, after });
      for (const { isCorrected, ...block } of page) {
        for (const row of samples.all({ ...span, epoch, ...block, point: point ?? null })) {
          yield exportedOf(row, { gateway, stream, epoch: epochId, isCorrected, ...block });
        }
      }
      if (page.length < PAGE_BLOCKS) return;
      after = page.at(-1)?.block ?? after;
    }
  };
}

interface BlockRow extends Dating {
  readonly block: number;
  /** To be added to the times of its samples. */
  readonly shift: number;
}

/** What is known of the clock that dated a block. */
export interface Dating {
  /** 0, 1, or null where the clock was right. */
  readonly isCorrected: number | null;
  readonly shift: number;
}

function exportedOf(
  row: SampleRow,
  { gateway, stream, epoch, block, ...dating }: Omit<EpochRow, "ref" | "gatewayRef"> & BlockRow,
): ExportedSample {
  const { i: index, point, reason } = row;
  const quality = QUALITIES[row.quality] ?? "bad";
  const head = { gateway, point, ...datedOf(row.t, dating), value: jsonValueOf(row), quality };
  const why = reason === null ? {} : { reason };
  const late = stream === "history" ? ({ backfilled: true } as const) : {};
  return { ...head, ...why, ...late, epoch, block, index };
}

/** A time as it is known to be by now, and what it was before. */
export function datedOf(
  t: number,
  { isCorrected, shift }: Dating,
): Pick<ExportedSample, "t" | "clock" | "tBefore"> {
  if (isCorrected === null) return { t };
  const clock = isCorrected === 1 ? "corrected" : "unsynced";
  return shift === 0 ? { t, clock } : { t: t + shift, clock, tBefore: t };
}

const QUALITIES: Readonly<Record<number, ExportedSample["quality"]>> = {
  [QualityCode.good]: "good",
  [QualityCode.uncertain]: "uncertain",
  [QualityCode.bad]: "bad",
};

function jsonValueOf({ kind, value }: SampleRow): ExportedSample["value"] {
  if (value === null || kind === ValueType.none) return null;
  if (kind === ValueType.boolean) return value === "1";
  if (kind === ValueType.text) return value;
  if (kind === ValueType.bigint) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return Number.isFinite(value) ? value : String(value);
}
