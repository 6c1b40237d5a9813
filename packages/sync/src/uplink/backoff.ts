/** Growing, randomised pauses. Hits within one pause are one: many messages may be told at once. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #count = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** `random` gives 0 to 1; two gateways must not have the same. */
  constructor(minMs: number, maxMs: number, random: () => number = Math.random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Notes that one more pause is needed, and until when: 0.5 to 1.5 times the next length. */
  hit(nowMs: number): { readonly waitMs: number; readonly isNew: boolean } {
    const isNew = nowMs >= this.#untilMs;
    if (isNew) {
      const lengthMs = Math.min(this.#minMs * 2 ** this.#count, this.#maxMs);
      this.#untilMs = nowMs + lengthMs * (0.5 + this.#random());
      this.#count++;
    }
    return { waitMs: Math.ceil(this.#untilMs - nowMs), isNew };
  }

  /** All went well: the next pause is the shortest again. */
  clear(): void {
    this.#count = 0;
  }
}
