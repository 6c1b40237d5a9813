import type { PointHistoryView, PointView } from "@headgate/gateway/api-types";

/** A point's history as a chart takes it: seconds, and null where nothing is known. */
export interface TrendColumns {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** The same as the values where samples are told; else how far they went in each stretch. */
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
}

type Row = readonly [atMs: number, value: number | null, low: number | null, high: number | null];

/** Breaks the line at each gap: it must not look as if something were known there. */
export function trendColumns({ kind, widthMs, samples, stretches, gaps }: PointHistoryView) {
  const rows: readonly Row[] =
    kind === "raw"
      ? samples.map(([atMs, value]) => [atMs, value, value, value])
      : stretches.map(({ atMs, mean, min, max }) => {
          return [atMs + (widthMs ?? 0) / 2, mean, min, max];
        });
  const breaks = gaps.map(({ fromMs, toMs }) => (fromMs + toMs) / 2);
  const times: number[] = [];
  const values: (number | null)[] = [];
  const lows: (number | null)[] = [];
  const highs: (number | null)[] = [];
  const add = (atMs: number, value: number | null, low: number | null, high: number | null) => {
    const seconds = atMs / 1000;
    if (seconds <= (times[times.length - 1] ?? 0)) return;
    times.push(seconds);
    values.push(value);
    lows.push(low);
    highs.push(high);
  };
  let next = 0;
  for (const [atMs, value, low, high] of rows) {
    for (let gapMs = breaks[next]; gapMs !== undefined && gapMs <= atMs; gapMs = breaks[++next]) {
      if (gapMs < atMs) add(gapMs, null, null, null);
    }
    add(atMs, value, low, high);
  }
  const columns: TrendColumns = { times, values, lows, highs };
  return columns;
}

/** The same, up to the value that was told last, which holds until now unless a gap says else. */
export function withLatest(
  columns: TrendColumns,
  { gaps, fromMs, toMs }: Pick<PointHistoryView, "gaps" | "fromMs" | "toMs">,
  point: PointView | undefined,
): TrendColumns {
  const { timestampMs = null, value = null, isInteger64 = false } = point ?? {};
  const number = typeof value === "boolean" || isInteger64 ? Number(value) : value;
  if (timestampMs === null || value === null || typeof number !== "number") return columns;
  const knownMs = Math.max(timestampMs, fromMs);
  const isBroken = gaps.some((gap) => gap.toMs > knownMs);
  const held = isBroken || toMs <= knownMs ? [timestampMs] : [knownMs, toMs];
  const lastMs = (columns.times[columns.times.length - 1] ?? 0) * 1000;
  const added = held.filter((ms) => ms > lastMs && ms >= fromMs).map((ms) => ms / 1000);
  if (added.length === 0) return columns;
  const numbers = added.map(() => number);
  const { times, values, lows, highs } = columns;
  return {
    times: [...times, ...added],
    values: [...values, ...numbers],
    lows: [...lows, ...numbers],
    highs: [...highs, ...numbers],
  };
}

/** Whether it is on or off: drawn in steps. */
export const isSwitch = (point: PointView | undefined, { values }: TrendColumns) =>
  typeof point?.value === "boolean" ||
  (values.length > 0 && values.every((value) => value === null || value === 0 || value === 1));

/** What is shown comes to; null where nothing is known. */
export function trendSummary({ kind, samples, stretches, increase }: PointHistoryView) {
  const known =
    kind === "raw"
      ? samples.flatMap(([, value]) => (value === null ? [] : [{ min: value, max: value }]))
      : stretches.flatMap(({ min, max }) => (min === null || max === null ? [] : [{ min, max }]));
  if (known.length === 0) return null;
  const min = known.reduce((least, { min: value }) => Math.min(least, value), Infinity);
  const max = known.reduce((most, { max: value }) => Math.max(most, value), -Infinity);
  return { min, max, increase };
}

/** Units of what is only ever counted on. */
export const isCounterUnit = (unit: string) => /^[kMG]?(Wh|varh|VAh|J)$|^m³$|^m3$|^imp$/.test(unit);
