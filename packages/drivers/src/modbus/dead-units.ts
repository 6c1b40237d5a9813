/** Of the line's time, what all dead units together may take: a tenth. */
const SHARE_INVERSE = 10;

/** Keeps what dead units cost a line within a tenth of its time, however many they are. */
export class DeadUnits {
  #nextTryMs = 0;

  /** Whether one of them may be tried now: the last try has been made up for. */
  mayTry(nowMs: number): boolean {
    return nowMs >= this.#nextTryMs;
  }

  /** Nothing is to be made up for any more. */
  forget(): void {
    this.#nextTryMs = 0;
  }

  /** A try that took `costMs` was in vain. */
  tried(costMs: number, nowMs: number): void {
    this.#nextTryMs = nowMs + costMs * (SHARE_INVERSE - 1);
  }
}

/** How long each of `count` dead units rests, so that each gets its turn. */
export function restMinMs(costMs: number, count: number): number {
  return costMs * SHARE_INVERSE * count;
}
