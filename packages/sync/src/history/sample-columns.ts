/** What is remembered of a sample's quality. */
export const Quality = { good: 0, uncertain: 1, bad: 2 } as const;

/** Samples of one point, a column for each part: many of them are no objects. */
export class SampleColumns {
  count = 0;
  timesMs = new Float64Array(1024);
  /** NaN where the sample is bad. */
  values = new Float64Array(1024);
  qualities = new Uint8Array(1024);
  latestMs = Number.NEGATIVE_INFINITY;
  #isSorted = true;

  add(timeMs: number, value: number, quality: number): void {
    const at = this.count++;
    if (at === this.timesMs.length) this.#grow();
    if (timeMs < this.latestMs) this.#isSorted = false;
    if (timeMs > this.latestMs) this.latestMs = timeMs;
    this.timesMs[at] = timeMs;
    this.values[at] = value;
    this.qualities[at] = quality;
  }

  clear(): void {
    this.count = 0;
    this.latestMs = Number.NEGATIVE_INFINITY;
    this.#isSorted = true;
  }

  /** By time: devices and backfills tell late. Those of one moment stay as they came. */
  sort(): void {
    if (this.#isSorted) return;
    const order = Array.from({ length: this.count }, (_, index) => index);
    const { timesMs, values, qualities } = this;
    order.sort((a, b) => (timesMs[a] as number) - (timesMs[b] as number) || a - b);
    this.timesMs = Float64Array.from(order, (index) => timesMs[index] as number);
    this.values = Float64Array.from(order, (index) => values[index] as number);
    this.qualities = Uint8Array.from(order, (index) => qualities[index] as number);
    this.#isSorted = true;
  }

  #grow(): void {
    const twice = <T extends Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from as never);
      return to;
    };
    const length = this.timesMs.length * 2;
    this.timesMs = twice(this.timesMs, new Float64Array(length));
    this.values = twice(this.values, new Float64Array(length));
    this.qualities = twice(this.qualities, new Uint8Array(length));
  }
}
