/** Decimals tried by arithmetic before the slow way; 10^7 keeps the product below 2^53. */
const POWERS = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7] as const;
const ARITHMETIC_MAX = 1e8;
/** The smallest float32 have a single digit. */
const DIGITS_MIN = 1;
const DIGITS_MAX = 9;

/**
 * The shortest decimal that reads back as the same float32. A meter that sends 230.1 means 230.1;
 * widened to a double bit by bit it would be 230.10000610351562, a number nobody measured, that
 * also costs three times the bytes upstream. Whole numbers, NaN and infinities stay as they are.
 */
export function shortestFloat(float32: number): number {
  if (Number.isInteger(float32)) return float32;
  if (Math.abs(float32) < ARITHMETIC_MAX) {
    for (let index = 0; index < POWERS.length; index++) {
      const power = POWERS[index] as number;
      // A whole number below 2^53 divided by a power of ten rounds to the nearest double.
      const candidate = Math.round(float32 * power) / power;
      if (Math.fround(candidate) === float32) return candidate;
    }
  }
  for (let digits = DIGITS_MIN; digits < DIGITS_MAX; digits++) {
    const candidate = Number(float32.toPrecision(digits));
    if (Math.fround(candidate) === float32) return candidate;
  }
  return Number.isFinite(float32) ? Number(float32.toPrecision(DIGITS_MAX)) : float32;
}
