/** Who goes first on a line: the shorter the interval the sooner. */
export const WRITE_RANK_MS = -1;
/** Readings that nobody scheduled: an event, a person. */
export const AT_ONCE_RANK_MS = 0;

/** Of turns on a line that cannot keep up, so many go to the fast before one goes to the slow. */
const FAST_TURNS = 3;

interface Waiter {
  readonly rankMs: number;
  readonly sinceMs: number;
  readonly wake: () => void;
}

/**
 * Whose turn it is on a line. Writes go first, then scan classes, the fastest first: a slow one
 * never holds up a fast one. Only where the line cannot keep up (a slow one waited longer than its
 * own interval) every fourth turn is the slow one's, so that it does not starve.
 */
export class TurnQueue {
  readonly #waiters: Waiter[] = [];
  #fastTurns = 0;

  get length(): number {
    return this.#waiters.length;
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  /** Takes out whose turn it is at `nowMs` (monotonic). */
  take(nowMs: number): Waiter | undefined {
    const first = this.#best((one, other) => one.rankMs < other.rankMs);
    if (!first || first.rankMs === WRITE_RANK_MS) return this.#remove(first);
    const starved = this.#best(
      (one, other) => one.sinceMs < other.sinceMs,
      (one) => {
        return one.rankMs > first.rankMs && nowMs - one.sinceMs > one.rankMs;
      },
    );
    if (!starved) this.#fastTurns = 0;
    else if (++this.#fastTurns > FAST_TURNS) {
      this.#fastTurns = 0;
      return this.#remove(starved);
    }
    return this.#remove(first);
  }

  #best(
    isBefore: (one: Waiter, other: Waiter) => boolean,
    counts: (one: Waiter) => boolean = () => true,
  ): Waiter | undefined {
    let best: Waiter | undefined;
    for (const one of this.#waiters) {
      if (counts(one) && (!best || isBefore(one, best))) best = one;
    }
    return best;
  }

  #remove(waiter: Waiter | undefined): Waiter | undefined {
    if (waiter) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    return waiter;
  }
}
