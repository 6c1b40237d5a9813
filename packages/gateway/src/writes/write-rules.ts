import { Misconfigured, Refused, type Value } from "@headgate/model";
import type { PointConfig, Writing } from "../config/config.ts";

/** A point that the config allows to be written. */
export type WritablePoint = PointConfig & { readonly writing: Writing };

/** Throws unless the point may be written at all. */
export function requireAccess(point: PointConfig): WritablePoint {
  const { writing } = point;
  if (writing) return { ...point, writing };
  const advice = 'set "access: readWrite" in the config';
  throw new Misconfigured(`write "${point.point.id}": the point is read-only; ${advice}`);
}

/** Throws `Refused` where a value is outside of what the config allows. */
export function requireLimits({ point, writing }: WritablePoint, given: Value): void {
  if (typeof given === "string") return;
  // A register takes true for 1.
  const value = typeof given === "boolean" ? Number(given) : given;
  const what = `write "${point.id}": ${given}`;
  if (Number.isNaN(value)) throw new Refused(`${what} is no number`);
  const { min, max, step } = writing;
  if ((min !== null && value < min) || (max !== null && value > max)) {
    throw new Refused(`${what} is outside ${min ?? "-∞"} to ${max ?? "∞"}`);
  }
  if (step === null) return;
  const from = min ?? 0;
  const steps = (Number(value) - from) / step;
  if (Math.abs(steps - Math.round(steps)) <= STEP_TOLERANCE) return;
  const below = decimal(from + Math.floor(steps) * step);
  const above = decimal(from + Math.ceil(steps) * step);
  throw new Refused(`${what} is between two steps of ${step}; write ${below} or ${above}`);
}

/** The distance of two float32 numbers, relative, and a little noise of scaling. */
const FLOAT32_STEP = 2 ** -23 * 1.01;
/** Of a step: binary noise. */
const STEP_TOLERANCE = 1e-6;
const decimal = (value: number) => Number(value.toPrecision(12));

/** How long it is until the next write is allowed, so long after the last one. */
export function pauseLeftMs(
  { writing: { intervalMs } }: WritablePoint,
  sinceMs: number | null,
): number {
  return sinceMs === null ? 0 : Math.max(0, intervalMs - sinceMs);
}

/** Throws `Refused` if the last write to the point was too short a time ago. */
export function requirePause(writable: WritablePoint, sinceMs: number | null): void {
  const leftMs = pauseLeftMs(writable, sinceMs);
  if (leftMs === 0) return;
  const { point, writing } = writable;
  const { intervalMs } = writing;
  const allowed = `the config allows one write in ${intervalMs / 1000} s`;
  const left = `${Math.ceil(leftMs / 100) / 10} s`;
  throw new Refused(`write "${point.id}": ${allowed}; try again in ${left}`);
}

/** Throws `Refused` where an id is given again, for something else than the first time. */
export function requireSame(first: Wanted, again: Wanted & { readonly id?: string | undefined }) {
  const isSame = first.pointId === again.pointId && isSameValue(meant(first), meant(again), 0);
  if (isSame) return;
  const what = `write "${again.pointId}": the id "${again.id}" was that of another write`;
  throw new Refused(`${what}, to ${first.pointId} = ${first.value}; give each its own`);
}

interface Wanted {
  readonly pointId: string;
  readonly value: Value;
}

const meant = ({ value }: Wanted) => (typeof value === "string" ? parseValue(value) : value);

/** Whether what was read back is what was written. */
export function isSameValue(after: Value | null, wanted: Value, tolerance: number | null): boolean {
  if (after === null) return false;
  if (typeof after === "boolean" || typeof wanted === "boolean") {
    return Number(after) === Number(wanted);
  }
  if (typeof after === "string" || typeof wanted === "string") {
    return String(after) === String(wanted);
  }
  if (tolerance !== null) return Math.abs(Number(after) - Number(wanted)) <= tolerance;
  if (typeof after === "bigint" || typeof wanted === "bigint") {
    return String(after) === String(wanted);
  }
  // A float32 register rounds what was asked to 24 bits: one more of a whole number is another.
  return Math.abs(after - wanted) <= Math.abs(wanted) * FLOAT32_STEP + 1e-9;
}

/** What a person typed: true, false, a number, a whole number beyond 2^53, or text. */
export function parseValue(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
