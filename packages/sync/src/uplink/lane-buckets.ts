import type { Lane } from "@headgate/model";

/** Of the rate, what each lane is sure of; what one leaves over goes to the first that wants it. */
export type Shares = Readonly<Partial<Record<Lane, number>>>;

/** In this order lanes take what others leave over. */
const PRIORITY: readonly Lane[] = ["l", "r", "b"];
/** A lane that was silent may send this much of the rate at once. */
const BURST_MS = 1000;
/** No use to look again sooner. */
const WAIT_MS_MIN = 20;

/**
 * One rate shared by lanes. Each has a bucket that its share fills; what a full bucket cannot take
 * goes to the others, live first. A lane may send while its bucket holds anything, and owes what it
 * took too much: so no batch needs to be cut to fit, and no lane can starve another. Pure.
 */
export class LaneBuckets {
  readonly #shares: Shares;
  readonly #held = new Map<Lane, number>();
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #atMs = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Another rate from now on; infinity is none. What a lane owes stays owed. */
  setRate(bytesPerSecond: number, nowMs: number): void {
    if (bytesPerSecond === this.#bytesPerSecond) return;
    this.#fill(nowMs);
    const wasFree = !Number.isFinite(this.#bytesPerSecond);
    this.#bytesPerSecond = bytesPerSecond;
    this.#atMs = nowMs;
    for (const lane of this.#lanes()) {
      const held = wasFree ? this.#burst : (this.#held.get(lane) ?? 0);
      this.#held.set(lane, Math.min(held, this.#burst));
    }
  }

  /** Until this lane may send; 0 is now. Others may leave more over, or less: ask again then. */
  waitMs(lane: Lane, nowMs: number): number {
    if (!this.#isCounted(lane)) return 0;
    this.#fill(nowMs);
    const held = this.#held.get(lane) ?? 0;
    if (held > 0) return 0;
    return Math.max(WAIT_MS_MIN, Math.ceil((1000 * -held) / this.#bytesPerSecond));
  }

  /** Bytes that go out on this lane now. */
  charge(lane: Lane, bytes: number, nowMs: number): void {
    if (!this.#isCounted(lane)) return;
    this.#fill(nowMs);
    this.#held.set(lane, (this.#held.get(lane) ?? 0) - bytes);
  }

  #isCounted(lane: Lane): boolean {
    return Number.isFinite(this.#bytesPerSecond) && this.#shares[lane] !== undefined;
  }

  #lanes(): Lane[] {
    return PRIORITY.filter((lane) => this.#shares[lane] !== undefined);
  }

  get #burst(): number {
    return (this.#bytesPerSecond * BURST_MS) / 1000;
  }

  #fill(nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (!Number.isFinite(this.#bytesPerSecond) || elapsedMs <= 0) return;
    const given = (this.#bytesPerSecond * elapsedMs) / 1000;
    let left = 0;
    for (const lane of this.#lanes()) left += this.#pour(lane, given * (this.#shares[lane] ?? 0));
    for (const lane of this.#lanes()) left = this.#pour(lane, left);
  }

  /** What did not fit. */
  #pour(lane: Lane, bytes: number): number {
    const held = this.#held.get(lane) ?? 0;
    const taken = Math.min(bytes, this.#burst - held);
    this.#held.set(lane, held + taken);
    return bytes - taken;
  }
}
