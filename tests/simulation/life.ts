import type { Clock } from "@headgate/model";

/** One life of the gateway's process: after its end nothing it began goes on. */
export class Life {
  readonly clock: Clock;
  #isOver = false;

  constructor(clock: Clock) {
    this.clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (durationMs, signal) => this.within(() => clock.sleep(durationMs, signal)),
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The power is cut. */
  end(): void {
    this.#isOver = true;
  }

  /** What `work` comes to, unless this life ends first: then it never settles. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) return new Promise(() => {});
    try {
      const result = await work();
      return this.#isOver ? new Promise(() => {}) : result;
    } catch (error) {
      if (this.#isOver) return new Promise(() => {});
      throw error;
    }
  }
}
