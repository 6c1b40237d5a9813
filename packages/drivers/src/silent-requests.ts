/** More than one unit has requests that it leaves without an answer. */
const SILENT_MAX = 256;
/** Once in so many scans that others were answered in, it is no coincidence. */
const SILENCES_TO_REST = 3;
const REST_MIN_MS = 10_000;
const REST_MAX_MS = 60_000;
/** A try costs the line's time: one part in 40 of it at most. */
const REST_COSTS = 40;
/** Who was not wanted for so long is not wanted any more: a plan has changed. */
const WANTED_MS = 120_000;

interface Silent {
  readonly count: number;
  readonly reason: string;
  readonly triedMs: number;
  /** When it was wanted last. */
  wantedMs: number;
  /** Answers of the unit until then. */
  readonly answerCount: number;
}

/**
 * Requests that one unit leaves without an answer while it answers others: there are devices that
 * do so instead of refusing. They are asked last, and one of them now and then, so that they cost
 * no other request its answer; once one is answered again all of them are asked. A unit that
 * answers nothing at all is another matter.
 */
export class SilentRequests<Request> {
  readonly #silent = new Map<string, Silent>();
  readonly #keyOf: (request: Request) => string;
  /** It is asked at each read: a field is nearer than a map. */
  #isEmpty = true;
  #answerCount = 0;
  #restMs = 0;
  #nextTryMs = 0;

  /** `keyOf` names a request among those to the unit. */
  constructor(keyOf: (request: Request) => string) {
    this.#keyOf = keyOf;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Whether it had no answer the last time. */
  has(request: Request): boolean {
    return !this.#isEmpty && this.#silent.has(this.#keyOf(request));
  }

  /** Why the request is not put at `nowMs` (monotonic), or null if it is. */
  restingReason(request: Request, nowMs: number): string | null {
    if (this.#silent.size === 0) return null;
    const silent = this.#silent.get(this.#keyOf(request));
    if (!silent || !isResting(silent)) return null;
    silent.wantedMs = nowMs;
    const wanted = this.#wanted(nowMs);
    const ownRestMs = this.#restMs * wanted.length;
    if (nowMs >= this.#nextTryMs) {
      // In turn; but one that is wanted rarely does not keep the others waiting.
      const isFirst = wanted.every(({ triedMs }) => silent.triedMs <= triedMs);
      if (isFirst || nowMs >= silent.triedMs + ownRestMs) return null;
    }
    // The whole rest, not what is left of it: the reason stays the same from scan to scan.
    const rest = `next try in ${Math.round(ownRestMs / 1000)} s`;
    return `${silent.reason}, while other requests are answered; ${rest}`;
  }

  /** Those that share the time for trying. */
  #wanted(nowMs: number): readonly Silent[] {
    const silent = [...this.#silent.values()];
    return silent.filter((one) => isResting(one) && nowMs - one.wantedMs < WANTED_MS);
  }

  answered(request: Request): void {
    this.#answerCount++;
    if (this.#isEmpty) return;
    const key = this.#keyOf(request);
    const silent = this.#silent.get(key);
    this.#silent.delete(key);
    this.#isEmpty = this.#silent.size === 0;
    if (!silent || !isResting(silent)) return;
    // Whatever kept it silent may be over for the others, too.
    for (const [other, one] of this.#silent) {
      if (isResting(one)) this.#silent.set(other, { ...one, count: SILENCES_TO_REST - 1 });
    }
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
    if (before && !isProof && !isResting(before)) return;
    const count = (before?.count ?? 0) + (isProof ? 1 : 0);
    const silent = { count, reason, triedMs: nowMs, wantedMs: nowMs, answerCount };
    this.#silent.set(key, silent);
    this.#isEmpty = false;
    if (isResting(silent)) {
      this.#restMs = Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, REST_COSTS * costMs));
      this.#nextTryMs = nowMs + this.#restMs;
    }
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > SILENT_MAX && oldest !== undefined) this.#silent.delete(oldest);
  }
}

function isResting({ count }: Silent): boolean {
  return count >= SILENCES_TO_REST;
}

/** Those that are answered first, so that they need not wait for the others. */
export function silentLast<T>(requests: readonly T[], isSilent: (one: T) => boolean): readonly T[] {
  const last = requests.filter(isSilent);
  return last.length === 0 ? requests : [...requests.filter((one) => !isSilent(one)), ...last];
}
