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
  /** How much a counter went on, within it and since the stretch before. */
  increase: number;
}

export const MINUTE_MS = 60_000;
export const QUARTER_MS = 15 * MINUTE_MS;

export function emptyRollup(atMs: number): Rollup {
  const [min, max, mean, first, last] = new Array<number>(5).fill(Number.NaN) as [
    ...[number, number, number, number, number],
  ];
  return { atMs, count: 0, badCount: 0, min, max, mean, first, last, increase: 0 };
}

/** How far a counter went from one reading to the next; one that fell by half began anew. */
export function stepOf(before: number, now: number): number {
  if (now >= before) return now - before;
  return now >= 0 && now < before / 2 ? now : 0;
}

/** Stretches of `widthMs` of samples that are sorted; empty ones are left out. */
export function rollUp(samples: SampleColumns, widthMs: number): Rollup[] {
  const rollups: Rollup[] = [];
  let current = null as Tally | null;
  for (let index = 0; index < samples.count; index++) {
    const timeMs = samples.timesMs[index] as number;
    const atMs = timeMs - (timeMs % widthMs);
    if (current === null || current.rollup.atMs !== atMs) {
      if (current) rollups.push(current.end());
      current = new Tally(atMs);
    }
    current.add(samples.values[index] as number, samples.qualities[index] as number);
  }
  if (current) rollups.push(current.end());
  return rollups;
}

class Tally {
  readonly rollup: Rollup;
  #sum = 0;
  /** Before a counter fell: it may have been one wrong reading. */
  #beforeFall = Number.NaN;
  #increaseThen = 0;

  constructor(atMs: number) {
    this.rollup = emptyRollup(atMs);
  }

  add(value: number, quality: number): void {
    const { rollup } = this;
    if (quality === Quality.bad || !Number.isFinite(value)) {
      rollup.badCount++;
      return;
    }
    if (rollup.count++ === 0) {
      [rollup.min, rollup.max, rollup.first] = [value, value, value];
    } else {
      if (value < rollup.min) rollup.min = value;
      if (value > rollup.max) rollup.max = value;
      this.#step(value);
    }
    rollup.last = value;
    this.#sum += value;
  }

  #step(value: number): void {
    const { rollup } = this;
    if (value >= this.#beforeFall) {
      rollup.increase = this.#increaseThen + value - this.#beforeFall;
      this.#beforeFall = Number.NaN;
      return;
    }
    if (value < rollup.last / 2 && Number.isNaN(this.#beforeFall)) {
      this.#beforeFall = rollup.last;
      this.#increaseThen = rollup.increase;
    }
    rollup.increase += stepOf(rollup.last, value);
  }

  end(): Rollup {
    const { rollup } = this;
    // The sum's last bits may lie outside of what was measured.
    const mean = this.#sum / rollup.count;
    rollup.mean = rollup.count === 0 ? Number.NaN : clamp(mean, rollup.min, rollup.max);
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
  into.badCount += next.badCount;
  if (next.count === 0) return;
  if (into.count === 0) {
    const { atMs, badCount } = into;
    Object.assign(into, next, { atMs, badCount });
    return;
  }
  const count = into.count + next.count;
  into.mean += ((next.mean - into.mean) * next.count) / count;
  into.increase += next.increase + stepOf(into.last, next.first);
  into.min = Math.min(into.min, next.min);
  into.max = Math.max(into.max, next.max);
  into.count = count;
  into.last = next.last;
}

/** Adds to each what a counter went on since the one before it, also over a gap. */
export function bridgeIncreases(rollups: readonly Rollup[]): void {
  let last = Number.NaN;
  for (const rollup of rollups) {
    if (rollup.count === 0) continue;
    if (!Number.isNaN(last)) rollup.increase += stepOf(last, rollup.first);
    last = rollup.last;
  }
}
