import { Refused, type Value } from "@headgate/model";
import { createConditioner } from "../acquire/condition.ts";
import type { PointConfig } from "../config/config.ts";

/** A write that a driver refused. */
interface Attempt {
  readonly point: PointConfig;
  readonly value: Value;
  /** What the driver was given. */
  readonly raw: Value;
}

/** A driver speaks of raw values: a person gets the limits and steps in the units they typed. */
export function inEngineeringUnits(fault: unknown, attempt: Attempt): unknown {
  const { point, value, raw } = attempt;
  if (!(fault instanceof Refused) || value === raw) return fault;
  const what = `write "${point.point.id}": ${value}`;
  const [, low, high] = /must be from (-?\d+) to (-?\d+)/.exec(fault.message) ?? [];
  if (low !== undefined && high !== undefined) {
    const ends = [low, high].map((end) => engineering(point, BigInt(end)));
    const [least, most] = ends.toSorted((a, b) => Number(a) - Number(b));
    return new Refused(
      `${what} does not fit; write ${least} to ${most} (the device holds ${low} to ${high})`,
    );
  }
  if (/is not a whole number/.test(fault.message) && typeof raw === "number") {
    const [below, above] = [Math.floor(raw), Math.ceil(raw)].map((end) => engineering(point, end));
    const step = `the device counts in steps of ${Math.abs(point.condition.scale)}`;
    return new Refused(`${what} is between two steps; write ${below} or ${above} (${step})`);
  }
  return new Refused(`${fault.message} (${value} is ${raw} in the device)`);
}

/** Without the point's own limits, which would clamp it. */
function engineering({ point, condition }: PointConfig, value: number | bigint): Value {
  const whole = typeof value === "bigint" && isSafe(value) ? Number(value) : value;
  const sample = { pointId: point.id, timestampMs: 0, quality: "good", value: whole } as const;
  const { scale } = createConditioner({ ...condition, min: null, max: null });
  return scale(sample).value ?? whole;
}

function isSafe(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}
