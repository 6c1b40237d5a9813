/** Silences to keep, in ms, beyond what the line keeps anyway. */
const STEPS_MS = [0, 20, 40, 80, 160, 320] as const;
/** Up two at a time, down one. */
const STEPS_UP = 2;
/** After a longer silence than this an answer that stays out has another cause. */
const IDLE_MS = 1000;
/** Misses that follow each other show it: a frame that noise took comes alone. */
const MISSES_NEEDED = 3;
/** Requests heard at once between two misses that follow each other. */
const HEARD_BETWEEN_MAX = 2;
/** Requests heard at once after which a shorter silence is tried. */
const CALM_MIN = 500;
const CALM_MAX = 1_000_000;

/**
 * How much silence one unit needs before it hears the next request. Learnt from requests that
 * stayed without an answer until they were put again after a while: too soon for it. Once all goes
 * well for long a step back is tried, ever more rarely if that fails.
 */
export class Pacing {
  #step = 0;
  #missCount = 0;
  #heardSinceMiss = 0;
  #heardSinceStep = 0;
  #calmNeeded = CALM_MIN;
  #isTrial = false;

  /** Silence before a request, on top of the line's own. */
  get quietMs(): number {
    return STEPS_MS[this.#step] ?? 0;
  }

  /** A request was answered at once. */
  heard(): void {
    this.#heardSinceMiss++;
    this.#heardSinceStep++;
    if (this.#step === 0 || this.#heardSinceStep < this.#calmNeeded) return;
    this.#to(this.#step - 1);
    this.#isTrial = true;
  }

  /** Not heard so long after the line's last byte; put again later, it was answered. */
  missed(idleMs: number): void {
    if (idleMs > IDLE_MS) return;
    this.#missCount = this.#heardSinceMiss <= HEARD_BETWEEN_MAX ? this.#missCount + 1 : 1;
    this.#heardSinceMiss = 0;
    if (this.#missCount < MISSES_NEEDED) return;
    if (this.#isTrial) this.#calmNeeded = Math.min(CALM_MAX, this.#calmNeeded * 8);
    this.#to(Math.min(STEPS_MS.length - 1, this.#step + STEPS_UP));
  }

  restore(quietMs: number): void {
    const step = STEPS_MS.findIndex((ms) => ms >= quietMs);
    this.#to(step === -1 ? STEPS_MS.length - 1 : step);
  }

  #to(step: number): void {
    this.#step = step;
    this.#missCount = 0;
    this.#heardSinceStep = 0;
    this.#isTrial = false;
  }
}
