import type { Clock, ClockState } from "../src/clock.ts";

/** Turns of the microtask queue granted before virtual time moves on. */
const SETTLE_TURNS = 50;

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Virtual time that lets every pending promise settle before it moves. */
export class SimClock implements Clock {
  #utcOffsetMs: number;
  #elapsedMs = 0;
  #sleepers: Sleeper[] = [];
  #boot = { id: "boot-1", sinceMs: 0 };
  #isSynced: boolean | null = null;

  constructor(startMs = 1_767_225_600_000) {
    this.#utcOffsetMs = startMs;
  }

  nowMs = (): number => this.#utcOffsetMs + this.#elapsedMs;
  monotonicMs = (): number => this.#elapsedMs;

  /** Sets UTC forward or back by `byMs`, as NTP or a person would; monotonic time stays. */
  step(byMs: number): void {
    this.#utcOffsetMs += byMs;
  }

  /** Says from now on whether UTC is right; before, it says nothing of itself. */
  setSynced(isSynced: boolean): void {
    this.#isSynced = isSynced;
  }

  /** The machine starts anew: another run, whose time begins at 0. UTC goes on. */
  reboot(): void {
    const count = Number(this.#boot.id.slice("boot-".length)) + 1;
    this.#boot = { id: `boot-${count}`, sinceMs: this.#elapsedMs };
  }

  state = (): ClockState => {
    const bootMs = this.#elapsedMs - this.#boot.sinceMs;
    const isKnown = this.#isSynced !== null;
    // Without a name of its run there is nothing to be dated by.
    const bootId = isKnown ? this.#boot.id : "";
    return { bootId, bootMs, isSynced: this.#isSynced ?? true, source: "simulated" };
  };

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#elapsedMs + Math.max(0, durationMs), wake };
      this.#sleepers.push(sleeper);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Moves time on, waking sleepers in the order of their times. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#elapsedMs + durationMs;
    for (;;) {
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await Promise.resolve();
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, other) => (first && first.atMs <= other.atMs ? first : other),
        undefined,
      );
      if (!next || next.atMs > endMs) break;
      this.#elapsedMs = next.atMs;
      next.wake();
    }
    this.#elapsedMs = endMs;
  }
}
