import { SilentRequests } from "../silent-requests.ts";

const FAILURES_TO_REST = 3;
const REST_MIN_MS = 5_000;
const REST_MAX_MS = 60_000;
const REFUSAL_REST_MS = 600_000;

/** How one meter on a line is doing, and what it has refused. */
export class MeterHealth {
  /** Those that it leaves without an answer. */
  readonly items = new SilentRequests<string>((item) => item);
  readonly #refused = new Map<string, { readonly reason: string; readonly untilMs: number }>();
  #failureCount = 0;
  #nextTryMs = 0;
  #restMs = 0;
  #reason = "";

  /** Why the meter is not asked at `nowMs` (monotonic), or null if it is. */
  restingReason(nowMs: number): string | null {
    if (nowMs >= this.#nextTryMs) return null;
    // The whole rest, not what is left of it: the reason stays the same from scan to scan.
    return `${this.#reason}, next try in ${this.#restMs / 1000} s`;
  }

  /** Nothing late can be on its way: the last request was answered, or there was none. */
  get isPrompt(): boolean {
    return this.#failureCount === 0;
  }

  answered(): void {
    this.#failureCount = 0;
    this.#restMs = 0;
    this.#nextTryMs = 0;
  }

  silent(reason: string, nowMs: number): void {
    this.#failureCount++;
    this.#reason = reason;
    if (this.#failureCount < FAILURES_TO_REST) return;
    this.#restMs = Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, this.#restMs * 2));
    this.#nextTryMs = nowMs + this.#restMs;
  }

  /** Why the item is not asked for at `nowMs`, or null if it is. */
  refusalOf(item: string, nowMs: number): string | null {
    const refusal = this.#refused.get(item);
    return refusal && nowMs < refusal.untilMs ? refusal.reason : null;
  }

  refused(item: string, reason: string, nowMs: number): void {
    this.#refused.set(item, { reason, untilMs: nowMs + REFUSAL_REST_MS });
  }
}
