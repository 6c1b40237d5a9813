import { FairShares, type Party } from "./fair-shares.ts";

/** Who goes first on a line: the shorter the interval the sooner. */
export const WRITE_RANK_MS = -1;
/** Readings that nobody scheduled: an event, a person. */
export const AT_ONCE_RANK_MS = 0;
/** Other masters' requests: they have a share of the line, and no rank among ours. */
export const GUEST_RANK_MS = Number.POSITIVE_INFINITY;
/** Of the line's time, what guests get while scans want it too. */
const GUEST_SHARE = 0.3;

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
 * own interval) every fourth turn is the slow one's, so that it does not starve. Guests come in
 * order of arrival, and have their share of the line's time.
 */
export class TurnQueue {
  readonly #waiters: Waiter[] = [];
  readonly #shares: FairShares;
  #fastTurns = 0;
  /** Until then nothing is to be shared, and nothing counted. */
  #hasHadGuests = false;

  constructor(guestShare = GUEST_SHARE) {
    this.#shares = new FairShares(guestShare);
  }

  get length(): number {
    return this.#waiters.length;
  }

  add(waiter: Waiter): void {
    if (waiter.rankMs === GUEST_RANK_MS) this.#hasHadGuests = true;
    this.#waiters.push(waiter);
  }

  /** A turn of this rank is over, and took so long. */
  note(rankMs: number, usedMs: number): void {
    if (this.#hasHadGuests) this.#shares.note(partyOf(rankMs), usedMs);
  }

  /** Whether who comes to a free line has to wait: a scan under way may want the next turn. */
  mustWait(rankMs: number, isScanning: boolean): boolean {
    const party = partyOf(rankMs);
    if (party === "guest") this.#hasHadGuests = true;
    if (!this.#hasHadGuests) return false;
    if (party === "own" ? this.#firstGuest() : isScanning) {
      return party === "guest" && this.#shares.next() === "own";
    }
    this.#shares.alone(party);
    return false;
  }

  /**
   * Takes out whose turn it is at `nowMs` (monotonic). Nobody's if guests have had their share and
   * a scan under way will ask in a moment.
   */
  take(nowMs: number, isScanning = false): Waiter | undefined {
    const guest = this.#firstGuest();
    const hasOwn = this.#waiters.some(({ rankMs }) => rankMs !== GUEST_RANK_MS);
    if (!guest) {
      if (hasOwn) this.#shares.alone("own");
      return this.#takeOwn(nowMs);
    }
    if (!hasOwn && !isScanning) this.#shares.alone("guest");
    else if (this.#hasWrite() || this.#shares.next() === "own") return this.#takeOwn(nowMs);
    return this.#remove(guest);
  }

  #firstGuest(): Waiter | undefined {
    return this.#waiters.find(({ rankMs }) => rankMs === GUEST_RANK_MS);
  }

  #hasWrite(): boolean {
    return this.#waiters.some(({ rankMs }) => rankMs === WRITE_RANK_MS);
  }

  #takeOwn(nowMs: number): Waiter | undefined {
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
      if (one.rankMs === GUEST_RANK_MS) continue;
      if (counts(one) && (!best || isBefore(one, best))) best = one;
    }
    return best;
  }

  #remove(waiter: Waiter | undefined): Waiter | undefined {
    if (waiter) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    return waiter;
  }
}

function partyOf(rankMs: number): Party {
  return rankMs === GUEST_RANK_MS ? "guest" : "own";
}
