const COUNT_MAX = 64;
/** Fewer say too little to shorten a timeout by. */
const COUNT_MIN = 16;
/** Beyond the slowest answer seen: this factor, and what a busy machine may add. */
const MARGIN_FACTOR = 3;
const MARGIN_MS = 100;

/** How long one unit takes to answer, without the bytes' own time on the line. */
export class ResponseTimes {
  readonly #lastMs = new Float64Array(COUNT_MAX);
  #count = 0;
  #slowestMs: number | null = null;
  /** Of the window: it is asked for with each request. */
  #longestMs = -0;

  get count(): number {
    return Math.min(this.#count, COUNT_MAX);
  }

  note(durationMs: number): void {
    const at = this.#count++ % COUNT_MAX;
    const isLongestGone = this.#count > COUNT_MAX && this.#lastMs[at] === this.#longestMs;
    this.#lastMs[at] = durationMs;
    if (isLongestGone) this.#longestMs = Math.max(...this.#lastMs);
    else this.#longestMs = Math.max(this.#longestMs, durationMs);
    // Kept from before a restart it stands for the window until that is full.
    if (this.#slowestMs !== null && this.#count >= COUNT_MAX) this.#slowestMs = null;
  }

  /** An answer came after its time: nothing said before holds any more. */
  forget(): void {
    this.#count = 0;
    this.#slowestMs = null;
    this.#longestMs = 0;
  }

  /** The shortest timeout that cuts nothing off; `timeoutMs`, the one configured, is the most. */
  timeoutMs(timeoutMs: number): number {
    const slowestMs = this.slowestMs();
    if (slowestMs === null) return timeoutMs;
    return Math.min(timeoutMs, Math.ceil(slowestMs * MARGIN_FACTOR + MARGIN_MS));
  }

  /** Of the last answers; null while there are too few. */
  slowestMs(): number | null {
    const own = this.#count < COUNT_MIN ? null : this.#longestMs;
    if (own === null || this.#slowestMs === null) return own ?? this.#slowestMs;
    return Math.max(own, this.#slowestMs);
  }

  /** The usual one; 0 while nothing is known. */
  medianMs(): number {
    const sorted = this.#sorted();
    return sorted[sorted.length >> 1] ?? this.#slowestMs ?? 0;
  }

  restore(slowestMs: number | null): void {
    this.#slowestMs = slowestMs;
  }

  #sorted(): Float64Array {
    return this.#lastMs.slice(0, this.count).sort();
  }
}
