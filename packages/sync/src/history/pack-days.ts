import type { HistoryFileParts } from "./history-parts.ts";
import { GROUP_POINTS } from "./history-rows.ts";
import { DAY_MS, fuller, QUARTER_MS, type Rollup } from "./rollup.ts";
import { readSections, rollupSections } from "./rollup-sections.ts";

/** A day is packed when its last quarter of an hour was surely rolled up. */
const PAST_MS = 2 * 60 * 60_000;
const STEPS_PER_COMMIT = 64;

interface Packing {
  readonly dayMs: number;
  readonly quartersMs: readonly number[];
  readonly takenBack: number;
  /** First each group is packed, then the quarters' own rows go. */
  group: number;
  removed: number;
  steps: number;
}

/**
 * Puts the quarters of an hour of a day together, a row for some points: a month of a point is
 * thirty places of the disk instead of three thousand.
 */
export class PackDays {
  readonly #parts: HistoryFileParts;
  #packing: Packing | null = null;

  constructor(parts: HistoryFileParts) {
    this.#parts = parts;
  }

  /** Whether there was something to do. */
  step(nowMs: number): boolean {
    const { transaction } = this.#parts;
    // After an error it begins anew, and where something came to the day meanwhile.
    if (this.#packing && this.#isStale(this.#packing)) this.#packing = null;
    const packing = this.#packing ?? this.#next(nowMs);
    if (!packing) return false;
    this.#packing = null;
    transaction.do(() => this.#piece(packing));
    const isDone = packing.removed === packing.quartersMs.length;
    if (isDone || ++packing.steps % STEPS_PER_COMMIT === 0) transaction.commit();
    if (!isDone) this.#packing = packing;
    return true;
  }

  #isStale({ takenBack, dayMs }: Packing): boolean {
    const { transaction, rolledDays } = this.#parts;
    return takenBack !== transaction.takenBackCount || rolledDays.has(dayMs);
  }

  #next(nowMs: number): Packing | null {
    const { books, transaction, rolledDays } = this.#parts;
    const oldestMs = books.oldestOnShelf("quarter");
    if (oldestMs === null) return null;
    const dayMs = oldestMs - (oldestMs % DAY_MS);
    if (dayMs + DAY_MS + PAST_MS > nowMs) return null;
    rolledDays.delete(dayMs);
    const quartersMs = books.shelved("quarter", dayMs, dayMs + DAY_MS);
    const start = { group: 0, removed: 0, steps: 0 };
    return { dayMs, quartersMs, takenBack: transaction.takenBackCount, ...start };
  }

  #piece(packing: Packing): void {
    const { books, rows } = this.#parts;
    if (packing.group < this.#parts.groupCount()) {
      this.#pack(packing, packing.group++);
      return;
    }
    const quarterMs = packing.quartersMs[packing.removed++];
    if (quarterMs === undefined) return;
    rows.quarter.remove(quarterMs / 1000);
    books.clearShelf("quarter", quarterMs);
  }

  #pack({ dayMs, quartersMs }: Packing, group: number): void {
    const { books, rows } = this.#parts;
    const widths = { startMs: dayMs, widthMs: QUARTER_MS };
    const before = rows.day.bytesOf(dayMs / 1000, group);
    const packed = before > 0 ? readSections(rows.day.get(dayMs / 1000, group), widths) : [];
    const single: Rollup[][] = Array.from({ length: GROUP_POINTS }, () => []);
    for (const quarterMs of quartersMs) {
      const row = rows.quarter.get(quarterMs / 1000, group);
      const found = readSections(row, { ...widths, startMs: quarterMs });
      for (const [at, own] of found.entries()) single[at]?.push(...own);
    }
    const points = single.map((own, at) => fuller(packed[at] ?? [], own));
    const bytes = rows.day.put(dayMs / 1000, group, rollupSections(points, widths));
    books.addToShelf("day", dayMs, bytes - before);
  }
}
