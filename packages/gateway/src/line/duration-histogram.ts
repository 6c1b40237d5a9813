const FIRST_MS = 0.05;
const STEPS_PER_DOUBLING = 8;
/** To 100 s. */
const DOUBLINGS = 21;
const BUCKETS = DOUBLINGS * STEPS_PER_DOUBLING;

/** Durations in buckets 9 % wide: of a fixed size, however many there were. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  add(durationMs: number): void {
    const step = Math.floor(Math.log2(durationMs / FIRST_MS) * STEPS_PER_DOUBLING);
    const bucket = Math.min(BUCKETS - 1, Math.max(0, step));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count++;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** What this share of all durations did not exceed, to 5 %; 0 of none. */
  quantileMs(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS && this.#count > 0; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen < rank) continue;
      const middleMs = FIRST_MS * 2 ** ((bucket + 0.5) / STEPS_PER_DOUBLING);
      return Math.min(middleMs, this.#maxMs);
    }
    return 0;
  }
}
