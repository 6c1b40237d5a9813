/** The same things in the same order, at most `size` together. */
export function chunks<T>(things: readonly T[], size: number): T[][] {
  const count = Math.ceil(things.length / size);
  return Array.from({ length: count }, (_, n) => things.slice(n * size, (n + 1) * size));
}
