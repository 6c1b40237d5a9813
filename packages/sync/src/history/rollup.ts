import { Quality, type SampleColumns } from "./sample-columns.ts";

/** What a stretch of time comes to. Numbers are of its samples that have a value. */
export interface Rollup {
  atMs: number;
  /** Samples with a value; without any, the numbers are NaN. */
  count: number;
  badCount: number;
  min: number;
  max: number;
  mean: number;
  first: number;
  last: number;
  /** What a counter had come to each time it began anew, after the first sample. */
  lost: number;
  /** The first sample was read wrong, as what came before and after it shows. */
  isFirstMisread: boolean;
}

export const MINUTE_MS = 60_000;
export const QUARTER_MS = 15 * MINUTE_MS;
export const DAY_MS = 96 * QUARTER_MS;

/** So little, as a share, a counter may go back: its last digit trembles. */
const TREMBLE = 1e-3;
/** Sums of that many of the largest numbers still are numbers. */
const SMALL = 2 ** -24;

export function emptyRollup(atMs: number): Rollup {
  const none = Number.NaN;
  const numbers = { min: none, max: none, mean: none, first: none, last: none };
  return { atMs, count: 0, badCount: 0, ...numbers, lost: 0, isFirstMisread: false };
}

/**
 * What a counter had come to when it began anew between two readings, so that `now - before` and
 * this is how far it went: all of it where it fell by half, what it fell by where that is more
 * than a tremble and it was exchanged or set.
 */
export function lostBetween(before: number, now: number): number {
  if (now >= before) return 0;
  if (now >= 0 && now < before / 2) return before;
  return before - now > TREMBLE * Math.abs(before) ? before - now : 0;
}

/** One that falls by half and is back with the next reading did not begin anew. */
const isMisread = (before: number, now: number, after: number) =>
  now >= 0 && now < before / 2 && after >= before;

/** Stretches of `widthMs` of samples that are sorted; empty ones are left out. */
export function rollUp(samples: SampleColumns, widthMs: number): Rollup[] {
  const rollups: Rollup[] = [];
  let tally: Tally | null = null;
  let [before, next] = [Number.NaN, nextKnown(samples, 0)];
  for (let index = 0; index < samples.count; index++) {
    const timeMs = samples.timesMs[index] as number;
    const atMs = timeMs - (timeMs % widthMs);
    if (tally === null || tally.rollup.atMs !== atMs) {
      if (tally) rollups.push(tally.end());
      tally = new Tally(atMs);
    }
    if (index !== next) {
      tally.rollup.badCount++;
      continue;
    }
    next = nextKnown(samples, index + 1);
    const value = samples.values[index] as number;
    // At the end there is nothing after it: NaN, and nothing is at least that.
    const after = samples.values[next] ?? Number.NaN;
    tally.add(value, before, next < samples.count && isMisread(before, value, after));
    before = value;
  }
  if (tally) rollups.push(tally.end());
  return rollups;
}

/** The next sample from there on that has a value. */
function nextKnown({ count, values, qualities }: SampleColumns, from: number): number {
  for (let index = from; index < count; index++) {
    const isKnown = qualities[index] !== Quality.bad && Number.isFinite(values[index]);
    if (isKnown) return index;
  }
  return count;
}

class Tally {
  readonly rollup: Rollup;
  #smallSum = 0;

  constructor(atMs: number) {
    this.rollup = emptyRollup(atMs);
  }

  add(value: number, before: number, isMisread: boolean): void {
    const { rollup } = this;
    if (rollup.count++ === 0) {
      [rollup.min, rollup.max, rollup.first] = [value, value, value];
      rollup.isFirstMisread = isMisread;
    } else {
      if (value < rollup.min) rollup.min = value;
      if (value > rollup.max) rollup.max = value;
      if (value < before && !isMisread) rollup.lost += lostBetween(before, value);
    }
    rollup.last = value;
    this.#smallSum += value * SMALL;
  }

  end(): Rollup {
    const { rollup } = this;
    if (rollup.count === 0) return rollup;
    // The sum's last bits may lie outside of what was measured.
    const mean = this.#smallSum / rollup.count / SMALL;
    rollup.mean = clamp(mean, rollup.min, rollup.max);
    return rollup;
  }
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Wider stretches of sorted narrower ones. */
export function mergeRollups(rollups: Iterable<Rollup>, widthMs: number): Rollup[] {
  const merged: Rollup[] = [];
  for (const rollup of rollups) {
    const atMs = rollup.atMs - (rollup.atMs % widthMs);
    const last = merged.at(-1);
    if (last?.atMs === atMs) join(last, rollup);
    else merged.push({ ...rollup, atMs });
  }
  return merged;
}

function join(into: Rollup, next: Rollup): void {
  const { atMs } = into;
  const badCount = into.badCount + next.badCount;
  if (next.count > 0 && into.count > 0) {
    const count = into.count + next.count;
    const mean = into.mean * (into.count / count) + next.mean * (next.count / count);
    into.lost += next.lost + lostBefore(into.last, next);
    into.min = Math.min(into.min, next.min);
    into.max = Math.max(into.max, next.max);
    into.mean = clamp(mean, into.min, into.max);
    into.count = count;
    into.last = next.last;
  } else if (next.count > 0) Object.assign(into, next);
  into.atMs = atMs;
  into.badCount = badCount;
}

/** What a counter lost between the last reading before a stretch and its first. */
const lostBefore = (last: number, { first, isFirstMisread }: Rollup) =>
  isFirstMisread ? 0 : lostBetween(last, first);

/** How far a counter went in each since the one before, also over a gap; in the first within. */
export function increasesOf(rollups: readonly Rollup[]): number[] {
  let before = Number.NaN;
  return rollups.map((rollup) => {
    const { count, first, last, lost } = rollup;
    if (count === 0) return Number.NaN;
    const isFirst = Number.isNaN(before);
    const from = isFirst ? first : before;
    const lostThen = isFirst ? 0 : lostBefore(before, rollup);
    before = last;
    return tidied(last - from + lost + lostThen, Math.max(Math.abs(last), Math.abs(from), lost));
  });
}

const DIGITS = 15;

/** Without the digits that numbers of this size do not have: 0.2, not 0.19999999999998863. */
function tidied(difference: number, size: number): number {
  const digits = DIGITS - Math.ceil(Math.log10(size));
  return digits > 0 && digits <= 100 ? Number(difference.toFixed(digits)) : difference;
}

/**
 * Of each stretch the one of more samples: what is made anew of samples of which some are gone
 * already must not replace what was made of all of them. Both sorted.
 */
export function fuller(before: readonly Rollup[], anew: readonly Rollup[]): Rollup[] {
  if (before.length === 0 || anew.length === 0) return [...before, ...anew];
  const all = new Map(before.map((rollup) => [rollup.atMs, rollup]));
  const samples = ({ count, badCount }: Rollup) => count + badCount;
  for (const rollup of anew) {
    const other = all.get(rollup.atMs);
    if (!other || samples(rollup) >= samples(other)) all.set(rollup.atMs, rollup);
  }
  return [...all.values()].sort((a, b) => a.atMs - b.atMs);
}
