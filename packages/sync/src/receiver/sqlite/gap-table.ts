import type { Gap } from "@headgate/model";
import { differenceOf, intersectionOf, type Span, type Spans, unionOf } from "../../ranges.ts";
import { openNumbersOf } from "../thinned-numbers.ts";
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

  /** Records the gap; gives the ranges of the new records: none if nothing of it was news. */
  record(epoch: EpochRecord, gap: Gap, nowMs: number): Spans {
    const { first, last } = gap;
    const known = this.#overlapping.all(epoch.ref, last, first);
    if (known.some((other) => other.first <= first && other.last >= last)) return [];
    const open = openNumbersOf({ first, last }, epoch);
    if (gap.reason === "expired") return this.#recordExpired(epoch, gap, { open, nowMs });
    if (open.length === 0) return [];
    // Gateways merge neighbouring gaps: the wider record speaks for those inside it.
    for (const inner of known) {
      if (inner.first >= first && inner.last <= last) {
        this.#drop.run(epoch.ref, inner.first, inner.last);
      }
    }
    this.#keep(epoch, gap, nowMs);
    epoch.gone = unionOf(epoch.gone, open);
    epoch.covered = unionOf(epoch.covered, [{ first, last }]);
    return [{ first, last }];
  }

  /** It counts nothing: where another record does, that one stays. */
  #recordExpired(
    epoch: EpochRecord,
    gap: Gap,
    { open, nowMs }: { readonly open: Spans; readonly nowMs: number },
  ): Spans {
    const news = differenceOf(open, epoch.gone);
    for (const span of news) this.#keep(epoch, { ...gap, ...span }, nowMs);
    epoch.gone = unionOf(epoch.gone, news);
    epoch.covered = unionOf(epoch.covered, news);
    return news;
  }

  #keep(epoch: EpochRecord, gap: Gap, nowMs: number): void {
    const { first, last, sampleCount, fromMs, toMs, reason } = gap;
    this.#insert.run(epoch.ref, first, last, sampleCount, fromMs, toMs, reason, nowMs);
  }

  /** Blocks, or what was kept of them, came after all: data beats gap. */
  fill(epoch: EpochRecord, span: Span): void {
    if (intersectionOf(epoch.gone, [span]).length === 0) return;
    epoch.gone = differenceOf(epoch.gone, [span]);
    for (const { first, last } of this.#overlapping.all(epoch.ref, span.last, span.first)) {
      if (intersectionOf(epoch.gone, [{ first, last }]).length === 0)
        this.#drop.run(epoch.ref, first, last);
    }
  }
}
