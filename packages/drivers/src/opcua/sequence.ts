/** Numbers of notification messages: 1 to 2^32 - 1, then 1 again (OPC 10000-4 7.8). */
const numberMax = 0xffff_ffff;

/** The number of the message after this one. */
export function numberAfter(number: number): number {
  return number >= numberMax ? 1 : number + 1;
}

/** Whether `number` comes after `other`: by the shorter way round. */
export function isAfter(number: number, other: number): boolean {
  const distance = (number - other) >>> 0;
  return distance !== 0 && distance < 0x8000_0000;
}

/**
 * The messages between the last that came and one that did: none if it is the next one, or an old
 * one. Of more than `countMax` the newest: a server keeps few. 0 is no number: nothing leads to it.
 */
export function numbersBetween(last: number, number: number, countMax: number): number[] {
  if (number === 0 || !isAfter(number, last)) return [];
  const missing: number[] = [];
  let next = numberAfter(last);
  // Whatever a server says, this takes no longer than what is kept of it.
  if ((number - next) >>> 0 > countMax) next = (number - countMax) >>> 0 || 1;
  for (; next !== number; next = numberAfter(next)) missing.push(next);
  return missing.slice(-countMax);
}
