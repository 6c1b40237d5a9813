/** Silences to keep, in ms, beyond what the line keeps anyway. */
const STEPS_MS = [0, 5, 10, 20, 40, 80, 160, 320] as const;
/** Up two at a time, and to this at least; down one. */
const STEPS_UP = 2;
const RAISED_MS_MIN = 40;
/** After a longer silence than this an answer that stays out has another cause. */
const IDLE_MS = 1000;
/** Misses that follow each other show it: a frame that noise took comes alone. */
const MISSES_NEEDED = 3;
/** Where a shorter silence was only tried, so many in all its requests are enough to go back. */
const TRIAL_MISSES_NEEDED = 2;
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
  #step: number;
  #missCount = 0;
  #heardSinceMiss = 0;
  #heardSinceStep = 0;
  #calmNeeded = CALM_MIN;
  #isTrial = false;

  /** `quietMs` is kept until something else is learnt. */
  constructor(quietMs = 0) {
    this.#step = stepOf(quietMs);
  }

  /** Silence before a request, on top of the line's own. */
  get quietMs(): number {
    return STEPS_MS[this.#step] ?? 0;
  }

  /** A shorter silence than before is tried: a miss speaks against it first. */
  get isTrial(): boolean {
    return this.#isTrial;
  }

  /** A request was answered at once. */
  heard(): void {
    this.#heardSinceMiss++;
    this.#heardSinceStep++;
    if (this.#heardSinceStep < this.#calmNeeded) return;
    this.#isTrial = this.#step > 0;
    if (this.#isTrial) this.#to(this.#step - 1);
  }

  /** Not heard so long after the line's last byte; put again later, it was answered. */
  missed(idleMs: number): void {
    if (idleMs > IDLE_MS) return;
    const isRow = this.#isTrial || this.#heardSinceMiss <= HEARD_BETWEEN_MAX;
    this.#missCount = isRow ? this.#missCount + 1 : 1;
    this.#heardSinceMiss = 0;
    if (this.#missCount < (this.#isTrial ? TRIAL_MISSES_NEEDED : MISSES_NEEDED)) return;
    if (this.#isTrial) {
      this.#calmNeeded = Math.min(CALM_MAX, this.#calmNeeded * 8);
      this.#isTrial = false;
      this.#to(this.#step + 1);
    } else {
      this.#to(Math.max(this.#step + STEPS_UP, stepOf(RAISED_MS_MIN)));
    }
  }

  restore(quietMs: number): void {
    this.#isTrial = false;
    this.#to(stepOf(quietMs));
  }

  #to(step: number): void {
    this.#step = Math.min(STEPS_MS.length - 1, step);
    this.#missCount = 0;
    this.#heardSinceStep = 0;
  }
}

function stepOf(quietMs: number): number {
  const step = STEPS_MS.findIndex((ms) => ms >= quietMs);
  return step === -1 ? STEPS_MS.length - 1 : step;
}
