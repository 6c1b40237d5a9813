import { z } from "zod";

/** A clock that was wrong for a while may have opened months that are none. */
const MONTHS_MAX = 6;
/** Parts of a month's bytes that are noted as used in advance: a crash loses no count. */
const STEPS_PER_MONTH = 1000;

const savedSchema = z.object({
  v: z.literal(1),
  months: z.record(z.string(), z.number().nonnegative()),
});

/** Bytes used by month. A clock that is set back finds the month as it left it. Pure. */
export class MonthCount {
  readonly #bytesMax: number;
  readonly #used: Map<string, number>;
  /** What the saved text says of the newest month counted. */
  #noted = { month: "", bytes: 0 };

  private constructor(bytesMax: number, used: Map<string, number>) {
    this.#bytesMax = bytesMax;
    this.#used = used;
  }

  /** Goes on from what was saved; throws if it is not of this form. */
  static from(saved: string | null, bytesMax: number): MonthCount {
    const months = saved === null ? {} : savedSchema.parse(JSON.parse(saved)).months;
    return new MonthCount(bytesMax, new Map(Object.entries(months)));
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  usedIn(month: string): number {
    return this.#used.get(month) ?? 0;
  }

  /** Counts; true once the count should be saved anew. */
  add(month: string, bytes: number): boolean {
    const used = this.usedIn(month) + bytes;
    this.#used.delete(month);
    this.#used.set(month, used);
    for (const oldest of this.#used.keys()) {
      if (this.#used.size <= MONTHS_MAX) break;
      this.#used.delete(oldest);
    }
    return this.#noted.month !== month || used > this.#noted.bytes;
  }

  /** What to save; with the newest month a step ahead unless this is the last word. */
  toText({ isLast }: { isLast: boolean }): string {
    const months = Object.fromEntries(this.#used);
    const month = [...this.#used.keys()].at(-1);
    if (month !== undefined) {
      const ahead = isLast ? 0 : Math.ceil(this.#bytesMax / STEPS_PER_MONTH);
      const bytes = this.usedIn(month) + ahead;
      this.#noted = { month, bytes };
      months[month] = bytes;
    }
    return JSON.stringify({ v: 1, months });
  }
}
