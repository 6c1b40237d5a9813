/** How a point's numbers are written whole: tenths, hundredths … or a float32's bits. */
export type Scale = number;

const DIGITS_MAX = 6;
/** From here on the same again, of what a float32 makes of a decimal: 230.1 is 230.100006. */
const NARROW: Scale = DIGITS_MAX + 1;
/** A float32 that is no short decimal: its bits. */
const BITS: Scale = 2 * NARROW;
/** Nothing fits: such a number is written as it is. */
export const UNSCALED: Scale = BITS + 1;

const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, digits) => 10 ** digits);
/** Differences of two such still are exact. */
const WHOLE_MAX = 2 ** 50;
/** Beyond, steps of a decimal are no shorter than bits. */
const NARROW_WHOLE_MAX = 2 ** 24;

const bits = new DataView(new ArrayBuffer(4));

/** The coarsest scale that this number fits exactly. */
export function scaleOf(value: number): Scale {
  for (let scale = 0; scale < UNSCALED; scale++) {
    if (!Number.isNaN(wholeOf(value, scale))) return scale;
  }
  return UNSCALED;
}

/** The number in whole steps of a scale; NaN where it does not fit exactly. */
export function wholeOf(value: number, scale: Scale): number {
  if (scale < NARROW) {
    const power = POWERS[scale] as number;
    const whole = Math.round(value * power);
    if (!(Math.abs(whole) <= WHOLE_MAX) || Object.is(value, -0)) return Number.NaN;
    return whole / power === value ? whole : Number.NaN;
  }
  if (Math.fround(value) !== value || Object.is(value, -0)) return Number.NaN;
  if (scale === BITS) {
    bits.setFloat32(0, value);
    return bits.getInt32(0);
  }
  const power = POWERS[scale - NARROW];
  if (power === undefined) return Number.NaN;
  const whole = Math.round(value * power);
  if (!(Math.abs(whole) <= NARROW_WHOLE_MAX)) return Number.NaN;
  return Math.fround(whole / power) === value ? whole : Number.NaN;
}

/** Undoes `wholeOf`. */
export function numberOf(whole: number, scale: Scale): number {
  if (scale < NARROW) return whole / (POWERS[scale] as number);
  if (scale < BITS) return Math.fround(whole / (POWERS[scale - NARROW] as number));
  bits.setInt32(0, whole);
  return bits.getFloat32(0);
}
