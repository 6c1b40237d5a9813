/** Digits of bytes sent low byte first: `78 56 34` is "345678". A is a wildcard, others hex. */
export function digitsOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString("hex").toUpperCase();
}

/** The bytes of digits, low byte first. */
export function bytesOf(digits: string): Buffer {
  return Buffer.from(digits, "hex").reverse();
}

/** `0x` and the bytes as people read them, high byte first. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${digitsOf(bytes)}`;
}
