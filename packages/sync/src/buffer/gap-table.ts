import type { Gap, GapReason, Seq } from "@headgate/model";
import { differenceOf, type Span } from "../ranges.ts";
import type { EpochTable } from "./epoch-table.ts";
import { withGap } from "./gap-list.ts";
import type { Sqlite } from "./sqlite.ts";

interface Row {
  readonly no: number;
  readonly first: Seq;
  readonly last: Seq;
  readonly samples: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly reason: GapReason;
}

/** The gap records, in memory too. */
export class GapTable {
  readonly #db: Sqlite;
  readonly #epochs: EpochTable;
  #gaps: readonly Gap[];

  constructor(db: Sqlite, epochs: EpochTable) {
    this.#db = db;
    this.#epochs = epochs;
    this.#gaps = this.#read();
  }

  /** Another list after every change. */
  get all(): readonly Gap[] {
    return this.#gaps;
  }

  /** Takes back what a rolled back transaction changed: pass what `all` was before it. */
  restore(gaps: readonly Gap[]): void {
    this.#gaps = gaps;
  }

  add(gap: Gap): void {
    const gaps = withGap(this.#gaps, gap);
    for (const old of this.#gaps) if (!gaps.includes(old)) this.#deleteRow(old);
    const merged = gaps.find((other) => !this.#gaps.includes(other)) ?? gap;
    this.#insertRow(merged);
    this.#epochs.given(gap.epoch, merged.last);
    this.#gaps = gaps;
  }

  /** Removes the records inside `gap`. */
  remove(gap: Gap): void {
    const isSettled = (other: Gap) =>
      other.epoch === gap.epoch && other.first >= gap.first && other.last <= gap.last;
    for (const old of this.#gaps) if (isSettled(old)) this.#deleteRow(old);
    this.#gaps = this.#gaps.filter((other) => !isSettled(other));
  }

  /** Numbers that are there after all: records are cut, and tell of so many samples less. */
  cut(epoch: string, span: Span, sampleCount: number): void {
    for (const gap of this.#gaps) {
      if (gap.epoch !== epoch || gap.first > span.last || gap.last < span.first) continue;
      this.#deleteRow(gap);
      const left = Math.max(0, gap.sampleCount - sampleCount);
      const pieces = differenceOf([gap], [span]).map(({ first, last }, index): Gap => {
        return { ...gap, first, last, sampleCount: index === 0 ? left : 0 };
      });
      for (const piece of pieces) this.#insertRow(piece);
      this.#gaps = this.#gaps.flatMap((other) => (other === gap ? pieces : [other]));
    }
  }

  hasAny(epoch: string): boolean {
    return this.#gaps.some((gap) => gap.epoch === epoch);
  }

  has(epoch: string, seq: Seq): boolean {
    return this.#gaps.some((gap) => gap.epoch === epoch && gap.first <= seq && gap.last >= seq);
  }

  /** The last number of an epoch that a record covers; 0 if none does. */
  lastSeq(epoch: string): Seq {
    const last = (most: Seq, gap: Gap) => (gap.epoch === epoch ? Math.max(most, gap.last) : most);
    return this.#gaps.reduce(last, 0);
  }

  #insertRow({ epoch, first, last, sampleCount, fromMs, toMs, reason }: Gap): void {
    const { no } = this.#epochs.get(epoch);
    this.#db
      .prepare("insert into gap values (?, ?, ?, ?, ?, ?, ?)")
      .run(no, first, last, sampleCount, fromMs, toMs, reason);
  }

  #deleteRow({ epoch, first }: Gap): void {
    const no = this.#epochs.find(epoch)?.no ?? 0;
    this.#db.prepare("delete from gap where epoch = ? and first = ?").run(no, first);
  }

  #read(): Gap[] {
    const rows = this.#db.prepare<Row>(
      "select epoch as no, first, last, samples, from_ms, to_ms, reason from gap",
    );
    return rows.all().flatMap(({ no, first, last, samples, from_ms, to_ms, reason }) => {
      const row = this.#epochs.byNo(no);
      if (!row) return [];
      const { stream, epoch } = row;
      const about = { sampleCount: samples, fromMs: from_ms, toMs: to_ms, reason };
      return [{ kind: "gap" as const, stream, epoch, first, last, ...about }];
    });
  }
}
