import type { InspectHints, InspectReason, InspectReasonCode } from "@headgate/model";
import { widthOf } from "../address.ts";
import { type Display, matchDisplay, NEAR_SHARE_MAX } from "./display.ts";
import { fitUnit, isCounting, isEitherWay, isOfThisWorld } from "./plausible.ts";
import { digitsOf, type Form, type Reading, readAs, timesTenTo, type Words } from "./readings.ts";

/** What readings are weighed by. */
export interface Evidence {
  readonly words: Words;
  /** The same registers a moment later, if they were read twice. */
  readonly later: Words | null;
  readonly display: Display | null;
  readonly hints: InspectHints;
}

/** For and against: powers of ten, so that they add up where chances multiply. */
export interface Weight {
  readonly score: number;
  readonly reasons: readonly InspectReason[];
}

/** Counts up the parts of a weight. */
class Scale {
  score = 0;
  readonly reasons: InspectReason[] = [];

  add(points: number, code?: InspectReasonCode, params: InspectReason["params"] = {}): void {
    this.score += points;
    if (code) this.reasons.push({ code, params });
  }
}

const TYPES: Readonly<Record<string, number>> = {
  float32: 0,
  uint16: -0.1,
  int16: -0.15,
  uint32: -0.2,
  int32: -0.25,
  float64: -0.8,
  uint64: -1,
  int64: -1.05,
  bcd16: -1.5,
  bcd32: -1.5,
};
const OFFSETS: Readonly<Record<number, number>> = {
  0: 0,
  [-1]: -0.5,
  1: -0.6,
  [-2]: -1.2,
  2: -1.2,
};
const ORDERS: Readonly<Record<string, number>> = {
  AB: 0,
  BA: -1.5,
  ABCD: 0,
  CDAB: -0.25,
  DCBA: -1,
  BADC: -1.3,
  ABCDEFGH: 0,
  GHEFCDAB: -0.3,
  HGFEDCBA: -1.2,
  BADCFEHG: -1.5,
  EFGHABCD: -1.5,
};
const RARE_ORDER = -1;
/** Factors of ten from 0.0001 to 1000, for whole numbers and for floats. */
const INTEGER_SCALES: Readonly<Record<number, number>> = {
  [-4]: -1,
  [-3]: -0.3,
  [-2]: -0.1,
  [-1]: 0,
  0: -0.2,
  1: -1,
  2: -1.3,
  3: -1.3,
};
const FLOAT_SCALES: Readonly<Record<number, number>> = {
  [-4]: -2,
  [-3]: -0.8,
  [-2]: -1.5,
  [-1]: -1.5,
  0: 0,
  1: -1.5,
  2: -1.5,
  3: -0.8,
};
export const EXPONENTS: readonly number[] = Object.keys(FLOAT_SCALES).map(Number);

const isFloat = ({ type }: Form) => type.startsWith("float");

/** What speaks for the form itself, whatever it is scaled by. */
export function weighForm(reading: Reading, evidence: Evidence): Weight {
  const scale = new Scale();
  const { type, letters, offset } = reading;
  scale.add(TYPES[type] ?? -2);
  const away = offset > 0 ? `+${offset}` : offset;
  scale.add(OFFSETS[offset] ?? -2, offset === 0 ? undefined : "offset", { offset: away });
  const order = ORDERS[letters] ?? -2;
  const isRare = order <= RARE_ORDER;
  const named = letters.length > 2 || isRare;
  scale.add(order, named ? (isRare ? "order-rare" : "order-usual") : undefined, { order: letters });
  const { unit } = evidence.hints;
  if (unit !== null && isCounting(unit) && widthOf(type) === 4) scale.add(0.6);
  weighSign(scale, reading, unit);
  if (isFloat(reading)) weighDigits(scale, Number(reading.raw));
  weighNeighbours(scale, reading, evidence.words);
  weighChange(scale, reading, evidence);
  return scale;
}

/** A value that reads the same with and without a sign: what its unit allows decides. */
function weighSign(scale: Scale, { type, raw }: Reading, unit: string | null): void {
  if (!/^u?int/.test(type) || raw < 0) return;
  const isWanted = type.startsWith("int") === (unit !== null && isEitherWay(unit));
  if (isWanted) scale.add(0.1);
}

/** Digits of a float32 that say something: meters round, chance does not. */
const DIGITS_OF_CHANCE = 7.2;
const FEW_DIGITS_MAX = 5;

function weighDigits(scale: Scale, value: number): void {
  const digits = digitsOf(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size > 1e9 || digits > FEW_DIGITS_MAX) return;
  scale.add(Math.min(2.5, DIGITS_OF_CHANCE - 0.4 - digits), "few-digits", { digits });
}

const NEIGHBOUR = 0.4;

/** Values stand beside values of their kind: what makes nonsense of these is wrong for this too. */
function weighNeighbours(scale: Scale, { offset, type, letters }: Form, words: Words): void {
  const width = widthOf(type) / 2;
  if (width === 1) return;
  let sum = 0;
  for (const step of [-2, -1, 1, 2]) {
    const beside = readAs({ type, letters, offset: offset + step * width }, words);
    const value = Number(beside?.raw ?? 0);
    if (value !== 0) sum += isOfThisWorld(value) ? 1 : -1;
  }
  const strength = type.startsWith("float") ? NEIGHBOUR : NEIGHBOUR / 2;
  if (sum > 0) scale.add(sum * strength, "neighbours-fit");
  if (sum < 0) scale.add(sum * strength, "neighbours-differ");
}

/** A measured value moves a little; wrongly read, its lowest bits make it leap. */
function weighChange(scale: Scale, reading: Reading, { later }: Evidence): void {
  const after = later && readAs(reading, later);
  if (!after || after.raw === reading.raw) return;
  const [first, second] = [Number(reading.raw), Number(after.raw)];
  const change = Math.abs(second - first) / Math.max(Math.abs(first), Math.abs(second));
  if (change < 0.01) scale.add(0.5, "steady");
  else if (change > 0.5) scale.add(-0.7, "jumps");
}

/** What speaks for this value of it; null if the display shows another number. */
export function weighValue(
  form: Form,
  { value, exponent }: { value: number; exponent: number },
  { display, hints }: Evidence,
): Weight | null {
  const scale = new Scale();
  if (display && !weighMatch(scale, value, display)) return null;
  const factors = isFloat(form) ? FLOAT_SCALES : INTEGER_SCALES;
  const factor = timesTenTo(1, exponent);
  scale.add(factors[exponent] ?? -2, exponent === 0 ? undefined : "scaled", { factor });
  if (!display && !isOfThisWorld(value)) scale.add(-4);
  if (value === 0) scale.add(-0.3);
  weighUnit(scale, value, hints);
  weighLimits(scale, value, hints);
  return scale;
}

function weighMatch(scale: Scale, value: number, display: Display): boolean {
  const match = matchDisplay(value, display);
  if (match === null) return false;
  const { kind } = match;
  if (kind === "exact") scale.add(0, "shows-exactly");
  else if (kind === "cut") scale.add(-1, "shows-cut");
  else {
    const percent = Number((match.share * 100).toPrecision(2));
    const away = 1 + (2 * match.share) / NEAR_SHARE_MAX;
    scale.add(-away - missedDigits(display), "shows-near", { percent });
  }
  return true;
}

const MISSED_DIGITS_MAX = 6;

/** How often chance comes near for each time that it hits every digit, in powers of ten. */
function missedDigits({ value, step }: Display): number {
  const steps = (Math.abs(value) * NEAR_SHARE_MAX) / step;
  return Math.min(MISSED_DIGITS_MAX, Math.max(0, Math.log10(steps)));
}

function weighUnit(scale: Scale, value: number, { unit, shows }: InspectHints): void {
  if (unit === null) return;
  // The display speaks louder than what is usual.
  const strength = shows === null ? 1 : 0.3;
  const fit = fitUnit(value, unit);
  if (fit === "usual") scale.add(strength, "fits-unit", { unit });
  if (fit === "never") scale.add(-2 * strength, "beside-unit", { unit });
}

function weighLimits(scale: Scale, value: number, { min, max, shows }: InspectHints): void {
  if (min === null && max === null) return;
  const strength = shows === null ? 1 : 0.3;
  const isWithin = value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  if (isWithin) scale.add(strength, "within-limits");
  else scale.add(-2.5 * strength, "outside-limits");
}
