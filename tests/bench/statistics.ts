/** The value below which `share` (0 to 1) of the values lie; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return sorted[at] ?? Number.NaN;
}

/** Counts whole milliseconds, so that millions of samples need little room. */
export class Histogram {
  readonly #counts: number[] = [];

  add(ms: number): void {
    const at = Math.max(0, Math.round(ms));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  clear(): void {
    this.#counts.length = 0;
  }

  quantile(share: number): number {
    let total = 0;
    this.#counts.forEach((count) => {
      total += count;
    });
    let left = Math.max(1, Math.ceil(share * total));
    for (let ms = 0; ms < this.#counts.length; ms++) {
      left -= this.#counts[ms] ?? 0;
      if (left <= 0) return ms;
    }
    return Number.NaN;
  }
}
