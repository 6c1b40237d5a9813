const FIRST_MS = 86_400_000;
const EVERY_MS = 7 * 86_400_000;

/** What is doubted: that a request may be so long only, or may not reach across a place. */
export const DOUBTS = ["length", "seams"] as const;
export type Doubt = (typeof DOUBTS)[number];

/**
 * When what one unit was learnt to refuse is tried again: new firmware may take it. A day after it
 * was met, then each week, with one request; what it refuses still is left alone till then.
 */
export class Retests {
  #dueMs: number | null = null;
  #turn = 0;

  isDue(nowMs: number): boolean {
    this.#dueMs ??= nowMs + FIRST_MS;
    return nowMs >= this.#dueMs;
  }

  /** In which order to doubt, another one each time; the next time is a week away. */
  next(nowMs: number): readonly Doubt[] {
    this.#dueMs = nowMs + EVERY_MS;
    return this.#turn++ % 2 === 0 ? DOUBTS : DOUBTS.toReversed();
  }
}
