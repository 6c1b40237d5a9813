/** Which scan classes are due, on one channel. Pure: it is told the time. */
export class Schedule {
  readonly #intervalsMs: readonly number[];
  readonly #dueMs: number[];
  readonly #phases: Map<number, number>;

  /**
   * `intervalsMs` ascending: of classes due at the same time the fastest goes first. `phases` tells
   * by interval when a class is due, and is kept for a schedule that follows; others are due now.
   */
  constructor(intervalsMs: readonly number[], nowMs: number, phases = new Map<number, number>()) {
    this.#intervalsMs = intervalsMs;
    this.#phases = phases;
    this.#dueMs = intervalsMs.map((intervalMs) => phases.get(intervalMs) ?? nowMs);
  }

  /**
   * The class to scan now, or null, and how many of its scans were left out because an earlier
   * one took too long. The one that waits longest goes first, so that a class too fast for its
   * line starves no other. The next due time keeps its phase.
   */
  take(nowMs: number): { index: number; missedCount: number } | null {
    const dueMs = Math.min(...this.#dueMs);
    const index = this.#dueMs.indexOf(dueMs);
    const intervalMs = this.#intervalsMs[index];
    if (intervalMs === undefined || dueMs > nowMs) return null;
    const missedCount = Math.floor((nowMs - dueMs) / intervalMs);
    const nextMs = dueMs + (missedCount + 1) * intervalMs;
    this.#dueMs[index] = nextMs;
    this.#phases.set(intervalMs, nextMs);
    return { index, missedCount };
  }

  /** Until the next class is due; 0 if one is, Infinity without classes. */
  waitMs(nowMs: number): number {
    return Math.max(0, Math.min(...this.#dueMs) - nowMs);
  }
}
