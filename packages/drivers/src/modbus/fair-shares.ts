/** Who uses a line: the gateway itself, or other masters through its proxy. */
export type Party = "own" | "guest";

/**
 * Divides a line's time between the gateway's scans and guests while both want it: guests get
 * their share, scans the rest, each counted in line time and not in requests. Time that one does
 * not want is the other's, and is not held against it later.
 */
export class FairShares {
  readonly #weights: Readonly<Record<Party, number>>;
  /** Line time used, each divided by its share: whoever has less is next. */
  readonly #used: Record<Party, number> = { own: 0, guest: 0 };

  constructor(guestShare: number) {
    this.#weights = { own: 1 - guestShare, guest: guestShare };
  }

  note(party: Party, usedMs: number): void {
    this.#used[party] += usedMs / this.#weights[party];
  }

  /** Both want the line. The gateway's own come first where it is even. */
  next(): Party {
    return this.#used.guest < this.#used.own ? "guest" : "own";
  }

  /** Only `party` wants it: the other has nothing to catch up. */
  alone(party: Party): void {
    const other = party === "own" ? "guest" : "own";
    this.#used[other] = Math.max(this.#used[other], this.#used[party]);
  }
}
