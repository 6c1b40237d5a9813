import type { Observed, Sample, Value } from "@headgate/model";
import type { Condition } from "../config/config.ts";

/** A raw sample's way to the buffer: null where it is not worth keeping. */
export interface Conditioner {
  /** Raw to engineering value; the same sample where there is nothing to do. */
  scale(sample: Sample): Sample;
  /**
   * Report by exception: false if nothing changed enough since the last sample kept. `nowMs` is
   * monotonic: a server's own time for a value that rests may rest too.
   */
  isWorthKeeping(sample: Sample, nowMs: number): boolean;
}

/** Conditioning of one point; it remembers the last sample kept. */
export function createConditioner(condition: Condition): Conditioner {
  const scale = createScale(condition);
  const { deadband, heartbeatMs } = condition;
  if (deadband === null) return { scale, isWorthKeeping: () => true };

  let kept: Sample | undefined;
  let keptAtMs = 0;
  return {
    scale,
    isWorthKeeping(sample, nowMs) {
      const isKept =
        kept === undefined || nowMs - keptAtMs >= heartbeatMs || hasChanged(kept, sample, deadband);
      if (!isKept) return false;
      kept = sample;
      keptAtMs = nowMs;
      return true;
    },
  };
}

/** Conditioners of many points: what remembers nothing is made once for all conditioned alike. */
export function conditionersOf(conditions: readonly Condition[]): Conditioner[] {
  const shared = new Map<string, Conditioner>();
  return conditions.map((condition) => {
    if (condition.deadband !== null) return createConditioner(condition);
    const kind = JSON.stringify(condition);
    const conditioner = shared.get(kind) ?? createConditioner(condition);
    shared.set(kind, conditioner);
    return conditioner;
  });
}

function hasChanged(before: Sample, now: Sample, deadband: number): boolean {
  if (before.quality !== now.quality) return true;
  if (before.quality === "bad" || now.quality === "bad") {
    return before.quality !== "bad" || now.quality !== "bad" || before.reason !== now.reason;
  }
  // The same NaN or infinity again is no change, whatever their difference is.
  if (Object.is(before.value, now.value)) return false;
  if (typeof before.value === "number" && typeof now.value === "number") {
    const change = Math.abs(now.value - before.value);
    return deadband === 0 ? change !== 0 : !(change < deadband);
  }
  if (typeof before.value === "bigint" && typeof now.value === "bigint") {
    const change = Number(now.value - before.value);
    return deadband === 0 ? change !== 0 : Math.abs(change) >= deadband;
  }
  return before.value !== now.value;
}

function createScale({ scale, offset, min, max }: Condition): (sample: Sample) => Sample {
  const isScaled = scale !== 1 || offset !== 0;
  const isClamped = min !== null || max !== null;
  if (!isScaled && !isClamped) return (sample) => sample;

  const convert = isScaled ? decimalLine(scale, offset) : (value: Value) => value;
  const lowest = min ?? Number.NEGATIVE_INFINITY;
  const highest = max ?? Number.POSITIVE_INFINITY;
  return (sample) => {
    // A picture's name is text: that sample keeps its media.
    if (sample.quality === "bad" || !isNumber(sample.value)) return sample;
    const value = convert(sample.value);
    if (isNumber(value) && value < lowest) return clamped(sample, lowest);
    if (isNumber(value) && value > highest) return clamped(sample, highest);
    return observed(sample, sample.quality, value);
  };
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function clamped(sample: Observed, value: number): Sample {
  return observed(sample, "uncertain", value);
}

/** Written out rather than spread: this runs for every scaled sample. */
function observed(raw: Observed, quality: Observed["quality"], value: Value): Sample {
  const { pointId, timestampMs, isDeviceTime } = raw;
  if (isDeviceTime) return { pointId, timestampMs, quality, value, isDeviceTime };
  return { pointId, timestampMs, quality, value };
}

/**
 * value * scale + offset, without binary noise: 2301 * 0.1 is 230.1, not 230.10000000000002.
 * Scale and offset are taken as the decimals they were written as, (value * a + b) / d with whole
 * a, b, d, and divided once. Booleans and strings pass.
 */
export function decimalLine(scale: number, offset: number): (value: Value) => Value {
  const digits = Math.max(decimalsOf(scale), decimalsOf(offset));
  const d = 10 ** digits;
  const a = Math.round(scale * d);
  const b = Math.round(offset * d);
  const isWhole = digits <= DIGITS_MAX && Number.isSafeInteger(a) && Number.isSafeInteger(b);
  const line = isWhole
    ? (value: number) => (value * a + b) / d
    : (value: number) => value * scale + offset;
  return (value) => {
    if (typeof value === "number") return line(value);
    if (typeof value !== "bigint") return value;
    return isWhole ? exactLine(value, { a, b, d }) : line(Number(value));
  };
}

/** The raw value that `decimalLine` would make this engineering value of. */
export function rawOf(value: Value, { scale, offset }: Condition): Value {
  if (scale === 1 && offset === 0) return value;
  if (typeof value !== "number" && typeof value !== "bigint") return value;
  const raw = (Number(value) - offset) / scale;
  // Binary noise of the division, not part of what was asked.
  return Number(raw.toPrecision(15));
}

const DIGITS_MAX = 12;

/** A 64-bit counter stays a bigint as long as the result is whole; else it becomes a number. */
function exactLine(value: bigint, { a, b, d }: { a: number; b: number; d: number }): Value {
  if (d === 1) return value * BigInt(a) + BigInt(b);
  const scaled = value * BigInt(a) + BigInt(b);
  const divisor = BigInt(d);
  const whole = scaled / divisor;
  return Number(whole) + Number(scaled % divisor) / d;
}

function decimalsOf(number: number): number {
  const [mantissa = "", exponent = "0"] = String(number).split("e");
  const fraction = mantissa.split(".")[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent));
}
