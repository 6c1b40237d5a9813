/** Long enough to even out bursts, short enough to follow the line. */
const SPAN_MS = 60_000;
/** Less says nothing yet: the newest blocks, and what a broker takes at once, go fast. */
const SPAN_MS_MIN = 15_000;
/** How often to look at a backlog. */
export const FORECAST_INTERVAL_MS = 5_000;

/** When a backlog will be gone, if it goes on shrinking as in the last minute. Pure. */
export class DrainForecast {
  #looks: { readonly atMs: number; readonly blocks: number }[] = [];

  /** Notes how much waits now. Times are monotonic. */
  note(blocks: number, nowMs: number): void {
    this.#looks = this.#looks.filter(({ atMs }) => atMs >= nowMs - SPAN_MS);
    this.#looks.push({ atMs: nowMs, blocks });
  }

  /**
   * Milliseconds from the last look on; null while the backlog does not shrink. Never less than the
   * line needs for `bytes` at the most that it may carry: blocks are not equal in size.
   */
  leftMs(bytes = 0, bytesPerSecondMax: number | null = null): number | null {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (!first || !last) return null;
    if (last.blocks === 0) return 0;
    if (last.atMs - first.atMs < SPAN_MS_MIN) return null;
    const perMs = (first.blocks - last.blocks) / (last.atMs - first.atMs);
    if (perMs <= 0) return null;
    const atLeastMs = bytesPerSecondMax === null ? 0 : (1000 * bytes) / bytesPerSecondMax;
    return Math.round(Math.max(last.blocks / perMs, atLeastMs));
  }
}
