import type { Clock } from "@headgate/model";

/** One life of a process: after its end nothing it began goes on. */
export class Life {
  readonly clock: Clock;
  readonly #afterwards: (() => void)[] = [];
  #isOver = false;
  #stepsLeft = Number.POSITIVE_INFINITY;

  /** `skewMs` is what the machine's clock is wrong by. */
  constructor(clock: Clock, skewMs: () => number = () => 0) {
    this.clock = {
      nowMs: () => clock.nowMs() + skewMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (durationMs, signal) => this.within(() => clock.sleep(durationMs, signal)),
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Kill: whatever it was doing. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const after of this.#afterwards) after();
  }

  /** It will end at the `count`th thing that it asks of the outside, or that comes back of one. */
  endAfter(count: number): void {
    this.#stepsLeft = count;
  }

  /** What becomes of the world when this life is over. */
  afterwards(after: () => void): void {
    this.#afterwards.push(after);
  }

  /** Something passes between it and the outside: false if it does not live to see it. */
  step(): boolean {
    if (!this.#isOver && --this.#stepsLeft <= 0) this.end();
    return !this.#isOver;
  }

  /** What `work` comes to, unless this life ends first: then it never settles. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    if (!this.step()) return new Promise(() => {});
    try {
      const result = await work();
      return this.step() ? result : new Promise(() => {});
    } catch (error) {
      if (!this.step()) return new Promise(() => {});
      throw error;
    }
  }
}
