/** A whole number from 0 to below the limit. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (xorshift of 32 bits). */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

export function randomBytes(random: Random, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at++) bytes[at] = random(256);
  return bytes;
}
