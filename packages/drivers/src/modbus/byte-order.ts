/** Letters as people write them: the bytes of a value ABCD… in the order they come on the wire. */
export const DEVICE_ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"] as const;

/** Words and bytes of every value of a device, big-endian words and bytes first. */
export type DeviceOrder = (typeof DEVICE_ORDERS)[number];

const ALPHABET = "ABCDEFGH";

/** What each four-letter order makes of the other widths: same word order, same byte order. */
const WIDENED: Readonly<Record<DeviceOrder, { readonly 2: string; readonly 8: string }>> = {
  ABCD: { 2: "AB", 8: "ABCDEFGH" },
  CDAB: { 2: "AB", 8: "GHEFCDAB" },
  BADC: { 2: "BA", 8: "BADCFEHG" },
  DCBA: { 2: "BA", 8: "HGFEDCBA" },
};

/**
 * The orders that devices have, by the width of the value. Any other mix of the letters is a slip
 * of the pen, and would give plausible nonsense. The last of 8 bytes: two 32-bit halves, low first.
 */
const KNOWN: Readonly<Record<2 | 4 | 8, readonly string[]>> = {
  2: ["AB", "BA"],
  4: DEVICE_ORDERS,
  8: [...DEVICE_ORDERS.map((order) => WIDENED[order][8]), "EFGHABCD"],
};

/** What may be written for a value of `width` bytes: its own letters, or a device's order. */
export function ordersFor(width: 2 | 4 | 8): readonly string[] {
  return width === 4 ? DEVICE_ORDERS : [...KNOWN[width], ...DEVICE_ORDERS];
}

/** The letters for a value of `width` bytes, or null if they do not fit it. */
export function lettersFor(order: string, width: 2 | 4 | 8): string | null {
  if (KNOWN[width].includes(order)) return order;
  const device = DEVICE_ORDERS.find((known) => known === order);
  return device && width !== 4 ? WIDENED[device][width] : null;
}

/** The order most likely meant: in another case, else the one with most letters in place. */
export function nearestOrder(written: string, width: 2 | 4 | 8): string | null {
  const letters = written.trim().toUpperCase();
  const matches = (order: string) => [...order].filter((letter, at) => letter === letters[at]);
  const candidates = ordersFor(width).filter(({ length }) => length === letters.length);
  const [best] = candidates.toSorted((a, b) => matches(b).length - matches(a).length);
  return best !== undefined && matches(best).length * 2 >= letters.length ? best : null;
}

/** For each byte of the value, most significant first, its place on the wire. */
export function placesOf(letters: string): readonly number[] {
  return [...ALPHABET.slice(0, letters.length)].map((letter) => letters.indexOf(letter));
}
