/** First byte of a packed data block. */
export const FORMAT_VERSION = 1;

/** A block never holds more; a decoder refuses what claims more. */
export const SAMPLES_PER_BLOCK_MAX = 65_536;

/** A body that inflates to more is refused: no block we write comes near it. */
export const INFLATED_BYTES_MAX = 4 * 1024 * 1024;

/** Numbers one thinned entry may stand for: weeks of them, yet few enough to count one by one. */
export const THINNED_BLOCKS_MAX = 65_536;

/** Kept samples, and figures, of one thinned entry: five times what one block may hold. */
export const THINNED_SAMPLES_MAX = 5 * SAMPLES_PER_BLOCK_MAX;

/** A longer text value is kept as a bad sample that says so. */
export const TEXT_CHARACTERS_MAX = 65_536;

/** A block with as many characters of text takes no more samples. */
export const TEXTS_PER_BLOCK_MAX = 524_288;

/** Timestamps are whole milliseconds within ± this (the year 10889), so that deltas stay exact. */
export const TIMESTAMP_MS_MAX = 2 ** 48;

/** Scaled integers stay below this, so that the zigzag of a delta stays below 2^53. */
export const SCALED_MAX = 2 ** 51;

/** Powers of ten a decimal column may be scaled by. */
export const EXPONENT_MAX = 9;

/** How the values of a column are packed: the low four bits of its kind byte. */
export const ColumnKind = {
  /** `integer / 10^exponent`, exponent in the high four bits; integers as deltas. */
  decimal: 0,
  /** The same, rounded to float32: a float register that reads 0.1 is not the double 0.1. */
  decimal32: 1,
  float32: 2,
  float64: 3,
  boolean: 4,
  /** Bigints below 2^51, as deltas like `decimal`. */
  bigint: 5,
  bigintWide: 6,
  text: 7,
  mixed: 8,
} as const;

/** Type byte of one value in a mixed column. */
export const MixedType = { float64: 0, false: 1, true: 2, bigint: 3, text: 4 } as const;

/** What a value is, one per sample of a decoded block. */
export const ValueType = { number: 0, boolean: 1, bigint: 2, text: 3, none: 4 } as const;

/** Quality of one sample of a decoded block. */
export const QualityCode = { good: 0, uncertain: 1, bad: 2 } as const;

/** Powers of ten up to `EXPONENT_MAX`, exact in a double. */
export const POWERS_OF_TEN: readonly number[] = [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** The bytes are no block of this format: damaged, cut, hostile, or of a newer version. */
export class MalformedBlock extends Error {
  override name = "MalformedBlock";
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "MalformedBlock";
  }
}
