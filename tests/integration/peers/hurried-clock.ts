import { type Clock, systemClock } from "@headgate/model";

/** Pauses take a moment, and say that they took their time; waits for an answer do not. */
export const HURRIED_MS_MAX = 30_000;
export class HurriedClock implements Clock {
  #aheadMs = 0;
  nowMs = () => systemClock.nowMs() + this.#aheadMs;
  monotonicMs = () => systemClock.monotonicMs() + this.#aheadMs;
  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    const isHurried = durationMs <= HURRIED_MS_MAX;
    await systemClock.sleep(isHurried ? Math.min(durationMs, 5) : durationMs, signal);
    if (isHurried) this.#aheadMs += Math.max(0, durationMs - 5);
  }
}
