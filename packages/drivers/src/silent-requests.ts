/** More than one unit has requests that it leaves without an answer. */
const SILENT_MAX = 256;
/** Once in so many scans that others were answered in, it is no coincidence. */
const SILENCES_TO_REST = 3;
const REST_MIN_MS = 10_000;
const REST_MAX_MS = 600_000;
/** All that are silent together may cost so much of the line's time: one part in 40. */
const REST_COSTS = 40;

interface Silent {
  readonly count: number;
  readonly restMs: number;
  nextTryMs: number;
  readonly reason: string;
  /** Answers of the unit until then. */
  readonly answerCount: number;
}

/**
 * Requests that one unit leaves without an answer while it answers others: there are devices that
 * do so instead of refusing. They are asked last and rarely, so that they cost no other request its
 * answer, and not so rarely that they are missed for long once they are answered again. A unit that
 * answers nothing at all is another matter.
 */
export class SilentRequests<Request> {
  readonly #silent = new Map<string, Silent>();
  readonly #keyOf: (request: Request) => string;
  #answerCount = 0;

  /** `keyOf` names a request among those to the unit. */
  constructor(keyOf: (request: Request) => string) {
    this.#keyOf = keyOf;
  }

  /** Whether it had no answer the last time. */
  has(request: Request): boolean {
    return this.#silent.size > 0 && this.#silent.has(this.#keyOf(request));
  }

  /** Why the request is not put at `nowMs` (monotonic), or null if it is. */
  restingReason(request: Request, nowMs: number): string | null {
    if (this.#silent.size === 0) return null;
    const silent = this.#silent.get(this.#keyOf(request));
    if (!silent || nowMs >= silent.nextTryMs) return null;
    // The whole rest, not what is left of it: the reason stays the same from scan to scan.
    const rest = `next try in ${Math.round(silent.restMs / 1000)} s`;
    return `${silent.reason}, while other requests are answered; ${rest}`;
  }

  answered(request: Request): void {
    this.#answerCount++;
    if (this.#silent.size === 0) return;
    const key = this.#keyOf(request);
    const hadRested = (this.#silent.get(key)?.restMs ?? 0) > 0;
    this.#silent.delete(key);
    // Whatever kept it silent may be over for the others, too.
    if (hadRested) for (const other of this.#silent.values()) other.nextTryMs = 0;
  }

  /** `costMs` is what waiting for it took. */
  silent(
    request: Request,
    { reason, costMs }: { readonly reason: string; readonly costMs: number },
    nowMs: number,
  ): void {
    const key = this.#keyOf(request);
    const before = this.#silent.get(key);
    const answerCount = this.#answerCount;
    // Where no other was answered meanwhile it may be the unit that is silent: that is no proof.
    const isProof = answerCount > (before?.answerCount ?? 0);
    if (before && !isProof) return;
    const count = (before?.count ?? 0) + (isProof ? 1 : 0);
    const rarelyMs = REST_COSTS * costMs * Math.max(1, this.#silent.size);
    const longMs = Math.round(Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, rarelyMs)));
    const restMs = count < SILENCES_TO_REST ? 0 : longMs;
    this.#silent.set(key, { count, restMs, nextTryMs: nowMs + restMs, reason, answerCount });
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > SILENT_MAX && oldest !== undefined) this.#silent.delete(oldest);
  }
}

/** Those that are answered first, so that they need not wait for the others. */
export function silentLast<T>(requests: readonly T[], isSilent: (one: T) => boolean): readonly T[] {
  const last = requests.filter(isSilent);
  return last.length === 0 ? requests : [...requests.filter((one) => !isSilent(one)), ...last];
}
