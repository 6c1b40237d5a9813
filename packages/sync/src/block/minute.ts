import type { KeptSample } from "./kept-sample.ts";

const MINUTE_MS = 60_000;

/** Significant digits of a mean: those of a sensor and some more; sixteen would not deflate. */
const MEAN_DIGITS = 9;

/** What is remembered of one point in one minute. */
export class Minute {
  readonly startMs: number;
  /** Of the numbers; counters are no part of the figures. */
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  last = 0;
  isUncertain = false;
  /** The first number: if it stays the only one, it is kept as it is. */
  first: KeptSample | null = null;
  /** The last whole number of any size. */
  counter: KeptSample | null = null;
  /** The same, while its block is being taken; else -1. */
  counterIndex = -1;
  #mean = 0;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  add(value: number, isUncertain: boolean): void {
    this.count++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.last = value;
    if (isUncertain) this.isUncertain = true;
    // By halves: two large numbers may be further apart than a number can say.
    this.#mean += ((value / 2 - this.#mean / 2) / this.count) * 2;
  }

  /** Rounded, and never outside of what was seen. */
  get mean(): number {
    const rounded = Number(this.#mean.toPrecision(MEAN_DIGITS));
    return Math.min(this.max, Math.max(this.min, rounded));
  }
}

/** The minutes of one point. */
export class Minutes {
  readonly #byStart = new Map<number, Minute>();
  #latest: Minute | null = null;

  /** The minute of a time, UTC; most times are of the same one as the time before. */
  at(timestampMs: number): Minute {
    const latest = this.#latest;
    const since = latest === null ? -1 : timestampMs - latest.startMs;
    if (latest !== null && since >= 0 && since < MINUTE_MS) return latest;
    const startMs = Math.floor(timestampMs / MINUTE_MS) * MINUTE_MS;
    const minute = this.#byStart.get(startMs) ?? new Minute(startMs);
    this.#byStart.set(startMs, minute);
    this.#latest = minute;
    return minute;
  }

  get size(): number {
    return this.#byStart.size;
  }

  sorted(): Minute[] {
    return [...this.#byStart.values()].sort((one, other) => one.startMs - other.startMs);
  }
}
