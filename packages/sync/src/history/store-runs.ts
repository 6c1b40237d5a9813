import type { StoredRuns } from "./history-messages.ts";
import type { HistoryFileParts } from "./history-parts.ts";
import { runsOf } from "./pending-runs.ts";

/** Rows written in one go: the buffer, whose thread it is, waits for no more. */
const GROUPS_PER_STEP = 64;

type Slots = readonly (readonly (number | undefined)[])[];

/** One minute of samples on its way into the file, in pieces of one transaction. */
export class StoreRuns {
  readonly #parts: HistoryFileParts;
  readonly #slots: Slots;
  readonly #stored: StoredRuns;
  readonly #runOf: (slot: number) => Uint8Array;
  readonly #at: number;
  #group = 0;
  #bytes = 0;

  constructor(parts: HistoryFileParts, slots: Slots, stored: StoredRuns) {
    this.#parts = parts;
    this.#slots = slots;
    this.#stored = stored;
    this.#runOf = runsOf(stored.runs);
    this.#at = parts.books.nextSegmentAt(stored.recorded.fromMs);
  }

  /** Whether pieces are left. */
  step(): boolean {
    const { books, rows, transaction } = this.#parts;
    const end = Math.min(this.#group + GROUPS_PER_STEP, this.#slots.length);
    transaction.do(() => {
      for (; this.#group < end; this.#group++) {
        const slots = this.#slots[this.#group] ?? [];
        const runs = slots.map((slot) => (slot === undefined ? null : this.#runOf(slot)));
        this.#bytes += rows.raw.put(this.#at, this.#group, runs);
      }
      // Last, so that nobody reads a minute of which half is there.
      if (end === this.#slots.length) books.addSegment(this.#at, this.#stored, this.#bytes);
    });
    if (end < this.#slots.length) return true;
    transaction.commit();
    return false;
  }
}
