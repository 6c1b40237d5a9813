/** Steps of silence to try, in ms, beyond what the line keeps anyway. */
const STEPS_MS = [0, 10, 20, 40, 80, 160, 320] as const;
/** After a longer silence than this an answer that stays out has another cause. */
const IDLE_MS = 1000;
/** Answers in a row after which a shorter silence is tried. */
const CALM_MIN = 500;
const CALM_MAX = 1_000_000;

/**
 * How much silence one unit needs before it hears the next request. Learnt from requests that
 * stayed without an answer until they were put again after a while: too soon for it. Once all goes
 * well for long a step back is tried, ever more rarely if that fails.
 */
export class Pacing {
  #step = 0;
  #answerCount = 0;
  #calmNeeded = CALM_MIN;
  #isTrial = false;
  /** Changes when what should be kept changes. */
  revision = 0;

  /** Silence before a request, on top of the line's own. */
  get quietMs(): number {
    return STEPS_MS[this.#step] ?? 0;
  }

  answered(): void {
    this.#answerCount++;
    if (this.#answerCount < this.#calmNeeded) return;
    this.#answerCount = 0;
    this.#isTrial = false;
    if (this.#step === 0) return;
    this.#isTrial = true;
    this.#to(this.#step - 1);
  }

  /** Not heard so long after the line's last byte; put again later, it was answered. */
  wasTooSoon(idleMs: number): void {
    this.#answerCount = 0;
    if (idleMs > IDLE_MS || this.#step === STEPS_MS.length - 1) return;
    if (this.#isTrial) this.#calmNeeded = Math.min(CALM_MAX, this.#calmNeeded * 8);
    this.#isTrial = false;
    this.#to(this.#step + 1);
  }

  restore(quietMs: number): void {
    const step = STEPS_MS.findIndex((ms) => ms >= quietMs);
    this.#step = step === -1 ? STEPS_MS.length - 1 : step;
  }

  #to(step: number): void {
    this.#step = step;
    this.revision++;
  }
}
