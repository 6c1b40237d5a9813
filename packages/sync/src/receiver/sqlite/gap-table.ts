import type { Gap } from "@headgate/model";
import { differenceOf, intersectionOf, spanAt, unionOf } from "../../ranges.ts";
import type { Connection, Statement } from "./connection.ts";
import type { EpochRecord } from "./epoch-table.ts";

/** Gap records as they came, as long as a part of them is still missing. */
export class GapTable {
  readonly #drop: Statement;
  readonly #insert: Statement;
  readonly #overlapping: Statement<{ first: number; last: number }>;

  constructor(database: Connection) {
    this.#drop = database.prepare("delete from gap where epoch_ref = ? and first = ? and last = ?");
    this.#insert = database.prepare("insert into gap values (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#overlapping = database.prepare(
      "select first, last from gap where epoch_ref = ? and first <= ? and last >= ?",
    );
  }

  /** Records the gap; false if nothing of it was news. */
  record(epoch: EpochRecord, gap: Gap, nowMs: number): boolean {
    const { first, last } = gap;
    const known = this.#overlapping.all(epoch.ref, last, first);
    if (known.some((other) => other.first <= first && other.last >= last)) return false;
    const open = differenceOf([{ first, last }], epoch.stored);
    if (open.length === 0) return false;
    // Gateways merge neighbouring gaps: the wider record speaks for those inside it.
    for (const inner of known) {
      if (inner.first >= first && inner.last <= last) {
        this.#drop.run(epoch.ref, inner.first, inner.last);
      }
    }
    const { sampleCount, fromMs, toMs, reason } = gap;
    this.#insert.run(epoch.ref, first, last, sampleCount, fromMs, toMs, reason, nowMs);
    epoch.gone = unionOf(epoch.gone, open);
    epoch.covered = unionOf(epoch.covered, [{ first, last }]);
    return true;
  }

  /** A block came after all: data beats gap. */
  fill(epoch: EpochRecord, seq: number): void {
    if (!spanAt(epoch.gone, seq)) return;
    epoch.gone = differenceOf(epoch.gone, [{ first: seq, last: seq }]);
    for (const { first, last } of this.#overlapping.all(epoch.ref, seq, seq)) {
      if (intersectionOf(epoch.gone, [{ first, last }]).length === 0)
        this.#drop.run(epoch.ref, first, last);
    }
  }
}
