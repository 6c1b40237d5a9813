import type { StoredRuns } from "./history-messages.ts";
import type { HistoryFileParts } from "./history-parts.ts";
import { runsOf } from "./pending-runs.ts";

/** Rows written in one go: the buffer, whose thread it is, waits for no more. */
const GROUPS_PER_STEP = 32;
/** What the disk is to take at once: the buffer waits for that, too. */
const COMMIT_BYTES = 1024 * 1024;

type Slots = readonly (readonly (number | undefined)[])[];

/**
 * Samples of some minutes on their way into the file, in pieces. Their rows are read by nobody
 * before the last of them is there.
 */
export class StoreRuns {
  readonly #parts: HistoryFileParts;
  readonly #slots: Slots;
  readonly #stored: StoredRuns;
  readonly #runOf: (slot: number) => Uint8Array;
  readonly #at: number;
  #group = 0;
  #bytes = 0;
  #committedBytes = 0;

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
    const isDone = end === this.#slots.length;
    transaction.do(() => {
      // Of some that were not finished rows may lie there.
      if (this.#group === 0) rows.raw.removeFrom(books.lastSegmentAt() + 1);
      for (; this.#group < end; this.#group++) {
        const slots = this.#slots[this.#group] ?? [];
        const runs = slots.map((slot) => (slot === undefined ? null : this.#runOf(slot)));
        this.#bytes += rows.raw.put(this.#at, this.#group, runs);
      }
      // Last, so that nobody reads minutes of which half is there.
      if (isDone) books.addSegment(this.#at, this.#stored, this.#bytes);
    });
    if (!isDone && this.#bytes - this.#committedBytes < COMMIT_BYTES) return true;
    transaction.commit();
    this.#committedBytes = this.#bytes;
    return !isDone;
  }
}
