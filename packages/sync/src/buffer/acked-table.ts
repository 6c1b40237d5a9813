import { differenceOf, intersectionOf, type Span, type Spans, unionOf } from "../ranges.ts";
import type { Sqlite } from "./sqlite.ts";

/** Blocks of one epoch that every uplink has, and that are kept all the same. */
export interface AckedSpans {
  readonly spans: Spans;
  readonly bytes: number;
}

const NONE: AckedSpans = { spans: [], bytes: 0 };

/** What is kept though every uplink has it, by number of the epoch. */
export class AckedTable {
  readonly #db: Sqlite;
  #epochs: ReadonlyMap<number, AckedSpans>;

  constructor(db: Sqlite) {
    this.#db = db;
    const rows = db.prepare<{ epoch: number; spans: string; bytes: number }>("select * from acked");
    const entries = rows.all().map(({ epoch, spans, bytes }) => {
      return [epoch, { spans: JSON.parse(spans) as Span[], bytes }] as const;
    });
    this.#epochs = new Map(entries);
  }

  get epochs(): ReadonlyMap<number, AckedSpans> {
    return this.#epochs;
  }

  /** Takes back what a rolled back transaction changed: pass what `epochs` was before it. */
  restore(epochs: ReadonlyMap<number, AckedSpans>): void {
    this.#epochs = epochs;
  }

  get(no: number): AckedSpans {
    return this.#epochs.get(no) ?? NONE;
  }

  /**
   * What of `settled` is not kept yet. What is kept and not settled is let go: a new uplink lacks
   * it.
   */
  fresh(no: number, settled: Spans, bytesIn: (span: Span) => number): Span[] {
    const { spans } = this.get(no);
    const still = intersectionOf(spans, settled);
    if (differenceOf(spans, still).length > 0) {
      const bytes = still.reduce((sum, span) => sum + bytesIn(span), 0);
      this.set(no, { spans: still, bytes });
    }
    return differenceOf(settled, still);
  }

  keep(no: number, span: Span, bytes: number): void {
    const { spans, bytes: before } = this.get(no);
    this.set(no, { spans: unionOf(spans, [span]), bytes: before + bytes });
  }

  release(no: number, span: Span, bytes: number): void {
    const { spans, bytes: before } = this.get(no);
    this.set(no, { spans: differenceOf(spans, [span]), bytes: Math.max(0, before - bytes) });
  }

  remove(no: number): void {
    this.set(no, NONE);
  }

  set(no: number, acked: AckedSpans): void {
    const isEmpty = acked.spans.length === 0;
    if (isEmpty && !this.#epochs.has(no)) return;
    const epochs = new Map(this.#epochs);
    if (isEmpty) {
      epochs.delete(no);
      this.#db.prepare("delete from acked where epoch = ?").run(no);
    } else {
      epochs.set(no, acked);
      const sql = "insert or replace into acked values (?, ?, ?)";
      this.#db.prepare(sql).run(no, JSON.stringify(acked.spans), acked.bytes);
    }
    this.#epochs = epochs;
  }
}
