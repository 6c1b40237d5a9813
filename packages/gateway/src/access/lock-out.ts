/** So many wrong ones are a person who mistypes; more are somebody who guesses. */
const FREE_COUNT = 5;
const FIRST_MS = 30_000;
const LONGEST_MS = 900_000;
/** Without a wrong one for so long, all is forgotten. */
const FORGET_MS = 3_600_000;
/** Keys that are remembered; the oldest goes. */
const KEYS_MAX = 5_000;

interface Tries {
  count: number;
  lastMs: number;
  lockedUntilMs: number;
}

/** Counts wrong attempts by a key, and locks it for longer each time. Times are monotonic. */
export class LockOut {
  readonly #tries = new Map<string, Tries>();
  readonly #freeCount: number;

  constructor(freeCount = FREE_COUNT) {
    this.#freeCount = freeCount;
  }

  /** How long this key is still locked; 0 if it is not. */
  lockedForMs(key: string, nowMs: number): number {
    return Math.max(0, (this.#tries.get(key)?.lockedUntilMs ?? 0) - nowMs);
  }

  /** Resolves how long it is locked from now; 0 if it is not yet. */
  wrong(key: string, nowMs: number): number {
    let tries = this.#tries.get(key);
    if (!tries || nowMs - tries.lastMs > FORGET_MS) {
      tries = { count: 0, lastMs: nowMs, lockedUntilMs: 0 };
    }
    tries.count++;
    tries.lastMs = nowMs;
    const overCount = tries.count - this.#freeCount;
    const lockMs = overCount < 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** overCount);
    tries.lockedUntilMs = nowMs + lockMs;
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    if (this.#tries.size > KEYS_MAX) this.#tries.delete(this.#tries.keys().next().value ?? "");
    return lockMs;
  }

  right(key: string): void {
    this.#tries.delete(key);
  }
}
