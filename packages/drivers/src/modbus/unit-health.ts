const FAILURES_TO_REST = 3;
const REST_MIN_MS = 2_000;
const REST_MAX_MS = 5_000;

/** How one unit on a line is doing, so that a dead one does not slow down its neighbours. */
export class UnitHealth {
  /** How often it answered again after it was dead: it may have been exchanged. */
  comebackCount = 0;
  #failureCount = 0;
  #nextTryMs = 0;
  #backOffMs = 0;
  #restMs = 0;
  #costMs = 0;
  #reason = "";

  /** It failed so often that it is asked rarely, and shortly. */
  get isDead(): boolean {
    return this.#failureCount >= FAILURES_TO_REST;
  }

  /** The last it was asked, it answered. */
  get isFine(): boolean {
    return this.#failureCount === 0;
  }

  /** Why the unit is not asked at `nowMs` (monotonic), or null if it is. */
  restingReason(nowMs: number): string | null {
    return nowMs < this.#nextTryMs ? this.deadReason() : null;
  }

  /** Of the line's time, what trying it takes; 0 while it is not dead. */
  get deadShare(): number {
    return this.isDead ? this.#costMs / (this.#costMs + this.#restMs) : 0;
  }

  deadReason(): string {
    // The whole rest, not what is left of it: the reason stays the same from scan to scan.
    return `${this.#reason}, next try in ${Math.round(this.#restMs / 100) / 10} s`;
  }

  answered(): void {
    if (this.isFine) return;
    if (this.isDead) this.comebackCount++;
    this.#failureCount = 0;
    this.#backOffMs = 0;
    this.#restMs = 0;
    this.#nextTryMs = 0;
  }

  /** It may be tried at once: the reason for its rest is gone. */
  wake(): void {
    this.#nextTryMs = 0;
    this.#backOffMs = 0;
  }

  /** A timeout, or a gateway's word that the unit is not there. It rests `restMinMs` at least. */
  failed(reason: string, nowMs: number, { restMinMs = 0, costMs = 0 } = {}): void {
    this.#costMs = costMs;
    this.#failureCount++;
    this.#reason = reason;
    if (!this.isDead) return;
    this.#backOffMs = Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, this.#backOffMs * 2));
    this.#restMs = Math.max(this.#backOffMs, restMinMs);
    this.#nextTryMs = nowMs + this.#restMs;
  }
}
