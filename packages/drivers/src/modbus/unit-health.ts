const FAILURES_TO_REST = 3;
const REST_MIN_MS = 2_000;
const REST_MAX_MS = 60_000;

/** How one unit on a line is doing, so that a dead one does not slow down its neighbours. */
export class UnitHealth {
  #failureCount = 0;
  #nextTryMs = 0;
  #restMs = 0;
  #reason = "";

  /** Why the unit is not asked at `nowMs` (monotonic), or null if it is. */
  restingReason(nowMs: number): string | null {
    if (nowMs >= this.#nextTryMs) return null;
    // The whole rest, not what is left of it: the reason stays the same from scan to scan.
    return `${this.#reason}, next try in ${this.#restMs / 1000} s`;
  }

  answered(): void {
    this.#failureCount = 0;
    this.#restMs = 0;
    this.#nextTryMs = 0;
  }

  /** A timeout, or a gateway's word that the unit is not there. */
  failed(reason: string, nowMs: number): void {
    this.#failureCount++;
    this.#reason = reason;
    if (this.#failureCount < FAILURES_TO_REST) return;
    this.#restMs = Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, this.#restMs * 2));
    this.#nextTryMs = nowMs + this.#restMs;
  }
}
