import { z } from "zod";
import type { Unit } from "./unit.ts";

/** More than a device has reasons for: what a file claims beyond is not taken. */
const PLACES_MAX = 4096;

const place = z.int().min(0).max(0x10000);
const table = z.enum(["coil", "discrete", "input", "holding"]);
const limit = z.strictObject({ acceptedMax: place, refusedMin: place.nullable() });

const unitSchema = z.strictObject({
  /** Names the points of the device: others mean another device has its place. */
  model: z.string(),
  limits: z.strictObject({ registers: limit, bits: limit }),
  refused: z
    .array(
      z.strictObject({
        table,
        from: place,
        count: place,
        reason: z.string(),
        retestMs: z.number(),
      }),
    )
    .max(PLACES_MAX),
  seams: z.array(z.strictObject({ table, from: place, to: place })).max(PLACES_MAX),
  quietMs: z.number().nonnegative(),
  slowestMs: z.number().nonnegative().nullable(),
});

export const lessonsSchema = z.strictObject({
  version: z.literal(1),
  units: z.record(z.string(), unitSchema),
});

/** What is kept of one unit across restarts. */
export type UnitLessons = z.output<typeof unitSchema>;
/** Of all units of a line, by unit id. */
export type Lessons = z.output<typeof lessonsSchema>;

export const NO_LESSONS: Lessons = { version: 1, units: {} };

/** What was learnt of a unit so far; null where there is nothing. */
export function lessonsOf(unit: Unit): UnitLessons | null {
  const { limits, refusals, pacing, times, model } = unit;
  if (times.count === 0 && times.slowestMs() === null) return null;
  const slowestMs = times.slowestMs();
  return {
    model,
    limits: limits.kept(),
    ...refusals.kept(),
    quietMs: pacing.quietMs,
    slowestMs: slowestMs === null ? null : coarse(slowestMs),
  };
}

/** Gives a unit what was learnt of it, or of another one with the same points. */
export function teach(unit: Unit, known: Lessons, nowMs: number): void {
  const own = known.units[unit.id];
  const alike = Object.values(known.units).find(({ model }) => model === unit.model);
  const lessons = own ?? alike;
  if (!lessons) return;
  const { limits, quietMs, slowestMs } = lessons;
  unit.limits.restore(limits);
  unit.pacing.restore(quietMs);
  if (own?.model === unit.model) {
    unit.refusals.restore(own, nowMs);
    unit.times.restore(slowestMs);
    return;
  }
  // Of another device it is not known that it refuses the same: its points are asked, but alone.
  const seams = lessons.refused.map(({ table, from, count }) => ({
    table,
    from,
    to: from + count,
  }));
  unit.refusals.restore({ refused: [], seams: [...lessons.seams, ...seams] }, nowMs);
}

/** In steps of two fifths, so that the file is not written for every millisecond. */
function coarse(ms: number): number {
  return Math.ceil(2 ** (Math.ceil(2 * Math.log2(Math.max(1, ms))) / 2));
}

/** For people: what is known of one unit, a line each. */
export function describeLessons({ limits, refused, seams, quietMs, slowestMs }: UnitLessons) {
  const { registers, bits } = limits;
  const lines = [
    longest(registers.refusedMin, "registers"),
    longest(bits.refusedMin, "bits"),
    ...refused.map(({ table: name, from, count, reason }) => {
      return `${name}:${spanText(from, from + count)} refused: ${reason}`;
    }),
    ...seams.map(({ table: name, from, to }) =>
      from === to
        ? `${name}: no request reaches across ${from}`
        : `${name}:${spanText(from, to)} not read along`,
    ),
    quietMs > 0 ? `asked after ${quietMs} ms of silence, on top of the line's own` : null,
    slowestMs === null ? null : `answers within ${slowestMs} ms`,
  ];
  return lines.filter((line) => line !== null);
}

function longest(refusedMin: number | null, of: string): string | null {
  return refusedMin === null ? null : `takes ${refusedMin - 1} ${of} in one request at most`;
}

function spanText(from: number, to: number): string {
  return to - from > 1 ? `${from}–${to - 1}` : `${from}`;
}
