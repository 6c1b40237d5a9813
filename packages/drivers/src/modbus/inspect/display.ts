/** A number as a device's display shows it. */
export interface Display {
  readonly value: number;
  /** What the last digit shown counts: 0.1 of "230.1". */
  readonly step: number;
}

/** Beyond, it is another number: a value that moves between display and request stays within. */
export const NEAR_SHARE_MAX = 0.01;
/** A digit's half, and what binary fractions add to it. */
const HALF = 0.5 + 1e-9;

/** The number that a person read off a display, or null if it is none. */
export function parseDisplay(text: string): Display | null {
  const trimmed = text.trim().replace(/^\+/, "");
  const [, fraction = ""] = /^-?\d+(?:\.(\d+))?$/.exec(trimmed) ?? [];
  const value = Number(trimmed);
  if (!/^-?\d/.test(trimmed) || !Number.isFinite(value)) return null;
  return { value, step: Number(`1e-${fraction.length}`) };
}

/** Zeros at the end count: whoever shows them has them. */
export function digitsShown({ value, step }: Display): number {
  return String(Math.round(Math.abs(value) / step)).length;
}

export type Match =
  /** The display's digits are this value's, rounded. */
  | { readonly kind: "exact" }
  /** They are its first digits, the rest cut off. */
  | { readonly kind: "cut" }
  /** It is off by this share of what the display shows. */
  | { readonly kind: "near"; readonly share: number };

/** How `value` agrees with the display; null if it is another number. */
export function matchDisplay(value: number, { value: shown, step }: Display): Match | null {
  const error = Math.abs(value - shown);
  if (error <= step * HALF) return { kind: "exact" };
  const isBeyond = Math.abs(value) > Math.abs(shown) && value * shown >= 0;
  if (isBeyond && error < step) return { kind: "cut" };
  const share = error / Math.abs(shown);
  return share <= NEAR_SHARE_MAX ? { kind: "near", share } : null;
}
