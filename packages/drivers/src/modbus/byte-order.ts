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

/** The letters for a value of `width` bytes, or null if they do not fit it. */
export function lettersFor(order: string, width: 2 | 4 | 8): string | null {
  if (isPermutation(order, width)) return order;
  const device = DEVICE_ORDERS.find((known) => known === order);
  return device && width !== 4 ? WIDENED[device][width] : null;
}

/** For each byte of the value, most significant first, its place on the wire. */
export function placesOf(letters: string): readonly number[] {
  return [...ALPHABET.slice(0, letters.length)].map((letter) => letters.indexOf(letter));
}

function isPermutation(order: string, width: number): boolean {
  return order.length === width && [...ALPHABET.slice(0, width)].every((l) => order.includes(l));
}
