/** Long enough to even out bursts, short enough to follow the line. */
const SPAN_MS = 60_000;
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

  /** Milliseconds from the last look on; null while the backlog does not shrink. */
  get leftMs(): number | null {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (!first || !last || last.atMs === first.atMs) return null;
    if (last.blocks === 0) return 0;
    const perMs = (first.blocks - last.blocks) / (last.atMs - first.atMs);
    return perMs > 0 ? Math.round(last.blocks / perMs) : null;
  }
}
