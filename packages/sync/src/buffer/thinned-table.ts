import type { Seq, Thinned } from "@headgate/model";
import type { Span } from "../ranges.ts";
import { NO_SEAL, sealOf } from "./block-seal.ts";
import { type EpochNumber, ROW_BYTES } from "./block-table.ts";
import { clockOfText, clockTextOf } from "./clock-text.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite, Statement } from "./sqlite.ts";
import type { StoredThinned } from "./store-messages.ts";
import type { IdSpan, StoredItem } from "./stored-item.ts";

interface Row {
  readonly id: number;
  readonly last: Seq;
  readonly samples: number;
  readonly kept: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly list: number;
  readonly hash: string;
  readonly body: Uint8Array;
  readonly clock: string;
  readonly seal: number;
  readonly list_hash: string | null;
  readonly cost: number;
}

/** What was kept of blocks of `main`, by the number of the first of them. They never overlap. */
export class ThinnedTable {
  readonly #insert: Statement<unknown>;
  readonly #read: Statement<Row>;
  readonly #rows: Statement<Row>;
  readonly #before: Statement<{ id: number; last: Seq }>;
  readonly #ends: Statement<{ first: number | null; last: number | null }>;
  readonly #cost: Statement<{ bytes: number }>;
  readonly #delete: Statement<unknown>;

  constructor(db: Sqlite) {
    this.#insert = db.prepare(
      `insert into main_thinned (id, last, samples, kept, from_ms, to_ms, list, hash, body, clock,
       seal) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#read = db.prepare(
      `select main_thinned.*, point_list.hash as list_hash from main_thinned
       left join point_list on point_list.no = list
       where id between ? and ? order by id limit ?`,
    );
    this.#rows = db.prepare(
      `select id, last, samples, kept, from_ms, to_ms, list, length(body) + ${ROW_BYTES} as cost
       from main_thinned where id between ? and ? order by id limit ?`,
    );
    this.#before = db.prepare(
      "select id, last from main_thinned where id between ? and ? order by id desc limit 1",
    );
    this.#ends = db.prepare(
      `select (select id from main_thinned where id between ? and ? order by id limit 1) as first,
       (select last from main_thinned where id between ? and ? order by id desc limit 1) as last`,
    );
    this.#cost = db.prepare(
      `select coalesce(sum(length(body) + ${ROW_BYTES}), 0) as bytes
       from main_thinned where id between ? and ?`,
    );
    this.#delete = db.prepare("delete from main_thinned where id between ? and ?");
  }

  insert(no: number, list: number, thinned: Thinned): void {
    const { first, last, sampleCount, keptCount, fromMs, toMs, hash, body } = thinned;
    const about = [sampleCount, keptCount, fromMs, toMs, list, hash, body] as const;
    const clock = clockTextOf(thinned.clock);
    this.#insert.run(no * SEQS_PER_EPOCH + first, last, ...about, clock, sealOfThinned(thinned));
  }

  /** Those that touch a span, ascending; at least one if there is any. */
  read(
    { no, epoch }: EpochNumber,
    span: Span,
    bytesMax: number,
  ): { readonly thinned: StoredThinned[]; readonly isComplete: boolean } {
    const base = no * SEQS_PER_EPOCH;
    const thinned: StoredThinned[] = [];
    let bytes = 0;
    let from = base + this.#firstTouching(no, span);
    for (;;) {
      const rows = this.#read.all(from, base + span.last, 8);
      for (const row of rows) {
        bytes += row.body.length;
        if (bytes > bytesMax && thinned.length > 0) return { thinned, isComplete: false };
        thinned.push(thinnedOf(row, epoch));
        from = row.id + 1;
      }
      if (rows.length === 0) return { thinned, isComplete: true };
    }
  }

  /** The first `count` with ids from `from` to `to`. */
  rows({ from, to }: IdSpan, count: number): StoredItem[] {
    return this.#rows.all(from, to, count).map((row) => ({
      no: Math.floor(row.id / SEQS_PER_EPOCH),
      first: row.id % SEQS_PER_EPOCH,
      last: row.last,
      kind: "thinned",
      sampleCount: row.samples,
      keptCount: row.kept,
      fromMs: row.from_ms,
      toMs: row.to_ms,
      bytes: row.cost,
      mediaName: "",
      likeness: `${row.list}`,
    }));
  }

  has(no: number, seq: Seq): boolean {
    const base = no * SEQS_PER_EPOCH;
    const before = this.#before.get(base, base + seq);
    return before !== undefined && before.last >= seq;
  }

  /** The first and the last number of an epoch that one stands for. */
  extent(no: number): Span | null {
    const base = no * SEQS_PER_EPOCH;
    const end = base + SEQS_PER_EPOCH - 1;
    const ends = this.#ends.get(base, end, base, end);
    if (typeof ends?.first !== "number" || typeof ends.last !== "number") return null;
    return { first: ends.first - base, last: ends.last };
  }

  /** The part of a span that none reaches into from outside. */
  within(no: number, { first, last }: Span): Span {
    const base = no * SEQS_PER_EPOCH;
    const early = this.#before.get(base, base + first - 1);
    const late = this.#before.get(base, base + last);
    return {
      first: early && early.last >= first ? early.last + 1 : first,
      last: late && late.last > last ? late.id - base - 1 : last,
    };
  }

  /** Bytes of those that lie in a span whole. */
  bytesIn(no: number, span: Span): number {
    const whole = this.#wholeIn(no, span);
    return whole ? (this.#cost.get(whole.from, whole.to)?.bytes ?? 0) : 0;
  }

  /** Deletes those that lie in a span whole. */
  remove(no: number, span: Span): void {
    const whole = this.#wholeIn(no, span);
    if (whole) this.#delete.run(whole.from, whole.to);
  }

  /** Ids of those that lie in a span whole; null if there are none. */
  #wholeIn(no: number, { first, last }: Span): IdSpan | null {
    const base = no * SEQS_PER_EPOCH;
    const latest = this.#before.get(base + first, base + last);
    if (!latest) return null;
    const to = latest.last <= last ? latest.id : latest.id - 1;
    return { from: base + first, to };
  }

  #firstTouching(no: number, { first }: Span): Seq {
    const base = no * SEQS_PER_EPOCH;
    const before = this.#before.get(base, base + first);
    return before && before.last >= first ? before.id - base : first;
  }
}

function thinnedOf(row: Row, epoch: string): StoredThinned {
  const clock = clockOfText(row.clock);
  const thinned: Thinned = {
    kind: "thinned",
    stream: "main",
    epoch,
    first: row.id % SEQS_PER_EPOCH,
    last: row.last,
    sampleCount: row.samples,
    keptCount: row.kept,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    schemaHash: row.list_hash ?? "",
    hash: row.hash,
    body: row.body,
    ...(clock ? { clock } : {}),
  };
  const isSound = row.seal === NO_SEAL || row.seal === sealOfThinned(thinned);
  return { ...thinned, isSound };
}

/** Proves what a row says of an entry beside its body. */
export function sealOfThinned({ first, last, keptCount, clock, ...about }: SealedThinned): number {
  const kind = `thinned ${last} ${keptCount}`;
  const text = clockTextOf(clock);
  return sealOf({ ...about, seq: first, kind, mediaName: "", mediaBytes: 0, clock: text });
}

type SealedThinned = Omit<Thinned, "kind" | "body">;
