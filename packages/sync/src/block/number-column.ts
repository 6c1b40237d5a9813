import { ColumnKind, EXPONENT_MAX, POWERS_OF_TEN, SCALED_MAX } from "./format.ts";

/** Float32 values with more decimals than this are shorter as four raw bytes. */
const EXPONENT32_MAX = 4;

/**
 * The kind byte of a column of numbers: scaled integers if every value comes back to the same bits
 * (tested, not assumed), else raw floats. `likely` is kept if it fits: 230.0 amid tenths.
 */
export function kindOfNumbers(values: Float64Array, count: number, likely: number): number {
  if (likely !== 0 && isKind(values, count, likely)) return likely;
  const exponent = exponentOf(values, count);
  if (exponent >= 0) return ColumnKind.decimal | (exponent << 4);
  if (!areFloat32(values, count)) return ColumnKind.float64;
  const exponent32 = exponent32Of(values, count);
  return exponent32 >= 0 ? ColumnKind.decimal32 | (exponent32 << 4) : ColumnKind.float32;
}

function isKind(values: Float64Array, count: number, kind: number): boolean {
  const plain = kind & 15;
  if (plain !== ColumnKind.decimal && plain !== ColumnKind.decimal32) return false;
  const isFitting = plain === ColumnKind.decimal ? isExact : isExact32;
  const power = POWERS_OF_TEN[kind >> 4] as number;
  for (let index = 0; index < count; index++) {
    if (!isFitting(values[index] as number, power)) return false;
  }
  return true;
}

/** `value * power`, rounded: what a decimal column stores. */
export function scaledOf(value: number, power: number): number {
  return Math.round(value * power);
}

function exponentOf(values: Float64Array, count: number): number {
  let exponent = 0;
  for (let index = 0; index < count; index++) {
    if (isExact(values[index] as number, POWERS_OF_TEN[exponent] as number)) continue;
    exponent = nextExponent(values[index] as number, exponent);
    if (exponent < 0) return -1;
    index = -1;
  }
  return exponent;
}

/** The next exponent that suits `value`; the caller checks the others again. */
function nextExponent(value: number, after: number): number {
  for (let exponent = after + 1; exponent <= EXPONENT_MAX; exponent++) {
    if (isExact(value, POWERS_OF_TEN[exponent] as number)) return exponent;
  }
  return -1;
}

function isExact(value: number, power: number): boolean {
  const scaled = Math.round(value * power);
  if (scaled / power !== value || scaled >= SCALED_MAX || scaled <= -SCALED_MAX) return false;
  return scaled !== 0 || Object.is(value, 0);
}

function areFloat32(values: Float64Array, count: number): boolean {
  for (let index = 0; index < count; index++) {
    if (!Object.is(Math.fround(values[index] as number), values[index])) return false;
  }
  return true;
}

function exponent32Of(values: Float64Array, count: number): number {
  let exponent = 0;
  for (let index = 0; index < count; index++) {
    while (!isExact32(values[index] as number, POWERS_OF_TEN[exponent] as number)) {
      if (++exponent > EXPONENT32_MAX) return -1;
      index = 0;
    }
  }
  return exponent;
}

function isExact32(value: number, power: number): boolean {
  const scaled = Math.round(value * power);
  if (Math.abs(scaled) >= 2 ** 31 || Math.fround(scaled / power) !== value) return false;
  return scaled !== 0 || Object.is(value, 0);
}
