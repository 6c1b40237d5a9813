/** Text as PostgreSQL takes it: no zero character, no half of a pair. */
export function postgresText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u2400");
}

/** A block's hash, 16 hex digits, as the signed 64-bit number that is stored; as text. */
export function storedHash(hash: string): string {
  return BigInt.asIntN(64, BigInt(`0x${hash}`)).toString();
}

/** The other way. */
export function hexHash(stored: string): string {
  return BigInt.asUintN(64, BigInt(stored)).toString(16).padStart(16, "0");
}
