/** What a class of questions allows: so many at once, and so many more a second. */
export interface Budget {
  readonly burst: number;
  readonly perSecond: number;
}

/** Askers that are remembered; whoever is forgotten starts full. */
const KEYS_MAX = 5_000;

/** A bucket for each asker and class. Times are monotonic. */
export class RateLimit {
  readonly #budgets: Readonly<Record<string, Budget>>;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(budgets: Readonly<Record<string, Budget>>) {
    this.#budgets = budgets;
  }

  /** Takes one; how long to wait if there is none, 0 if there was. */
  take(kind: string, asker: string, nowMs: number): number {
    const budget = this.#budgets[kind];
    if (!budget) throw new Error(`no budget for questions of kind "${kind}"`);
    const key = `${kind} ${asker}`;
    const bucket = this.#buckets.get(key) ?? { left: budget.burst, atMs: nowMs };
    const grown = bucket.left + ((nowMs - bucket.atMs) / 1000) * budget.perSecond;
    bucket.left = Math.min(budget.burst, grown);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > KEYS_MAX)
      this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    if (bucket.left < 1) return Math.ceil((1000 * (1 - bucket.left)) / budget.perSecond);
    bucket.left--;
    return 0;
  }
}
