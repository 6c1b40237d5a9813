import type { Block, ReadLimits, Seq, Stream } from "@headgate/model";
import type { Span } from "../ranges.ts";
import { NO_SEAL, sealOf } from "./block-seal.ts";
import { clockOfText, clockStretchOf, clockTextOf } from "./clock-text.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite, Statement } from "./sqlite.ts";
import type { BlockToStore } from "./store-messages.ts";
import type { IdSpan, StoredItem } from "./stored-item.ts";

interface Row {
  readonly id: number;
  readonly kind: Block["kind"];
  readonly samples: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly hash: string;
  readonly name: string;
  readonly bytes: number;
  readonly body: Uint8Array;
  readonly list_hash: string | null;
  readonly clock: string;
  readonly seal: number;
}

interface ItemRow {
  readonly id: number;
  readonly kind: Block["kind"];
  readonly samples: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly list: number;
  readonly clock: string;
  readonly name: string;
  readonly cost: number;
}

/** An epoch by its number in the database and its name elsewhere. */
export interface EpochNumber extends Pick<Block, "stream" | "epoch"> {
  readonly no: number;
}

/** A block of the table. */
export type TableBlock = Block & {
  readonly mediaName: string;
  /** False if the row is not the one that was stored. */
  readonly isSound: boolean;
};

/** What a row costs beside its body. */
export const ROW_BYTES = 200;

/** The blocks of one stream, by epoch number and sequence number. */
export class BlockTable {
  /** What counts against the quota of `events` or `media`; that of `main` is one of the file. */
  bytes = 0;
  readonly #stream: Stream;
  readonly #insert: Statement<unknown>;
  readonly #read: Statement<Row>;
  readonly #first: Statement<{ id: number }>;
  readonly #last: Statement<{ id: number }>;
  readonly #rows: Statement<ItemRow>;
  readonly #newest: Statement<ItemRow>;
  readonly #count: Statement<{ count: number }>;
  readonly #named: Statement<{ name: string; bytes: number }>;
  readonly #cost: Statement<{ bytes: number }>;
  readonly #delete: Statement<unknown>;

  constructor(db: Sqlite, stream: Stream) {
    const table = `${stream}_block`;
    this.#stream = stream;
    this.#insert = db.prepare(
      `insert into ${table} (id, kind, samples, from_ms, to_ms, list, hash, name, bytes, body,
       clock, seal) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#read = db.prepare(
      `select ${table}.*, point_list.hash as list_hash from ${table}
       left join point_list on point_list.no = list
       where id between ? and ? order by id limit ?`,
    );
    this.#first = db.prepare(
      `select id from ${table} where id between ? and ? order by id limit 1`,
    );
    this.#last = db.prepare(
      `select id from ${table} where id between ? and ? order by id desc limit 1`,
    );
    const item = `select id, kind, samples, from_ms, to_ms, list, clock, name,
       bytes + length(body) + ${ROW_BYTES} as cost from ${table}`;
    this.#rows = db.prepare(`${item} where id between ? and ? order by id limit ?`);
    this.#newest = db.prepare(`${item} where id between ? and ? order by id desc limit 1`);
    this.#count = db.prepare(`select count(*) as count from ${table} where id between ? and ?`);
    const cost = stream === "media" ? "bytes" : `length(body) + ${ROW_BYTES}`;
    this.#cost = db.prepare(
      `select coalesce(sum(${cost}), 0) as bytes from ${table} where id between ? and ?`,
    );
    this.#named = db.prepare(
      `select name, bytes from ${table} where id between ? and ? and name <> ''`,
    );
    this.#delete = db.prepare(`delete from ${table} where id between ? and ?`);
    this.recount();
  }

  /** Sums up the bytes anew, after a rollback. */
  recount(): void {
    if (this.#stream !== "main") this.bytes = this.#costOf(0, Number.MAX_SAFE_INTEGER);
  }

  /** What the blocks of a span cost: bodies, or pictures. */
  bytesIn(no: number, { first, last }: Span): number {
    return this.#costOf(no * SEQS_PER_EPOCH + first, no * SEQS_PER_EPOCH + last);
  }

  #costOf(from: number, to: number): number {
    return this.#cost.get(from, to)?.bytes ?? 0;
  }

  insert(
    no: number,
    list: number,
    block: BlockToStore & { readonly hash: string; readonly body: Uint8Array },
  ): void {
    const { seq, kind, sampleCount, fromMs, toMs, hash, body, media } = block;
    const [mediaName, mediaBytes] = [media?.name ?? "", media?.bytes ?? 0];
    const about = [sampleCount, fromMs, toMs, list, hash, mediaName, mediaBytes] as const;
    const clock = clockTextOf(block.clock);
    const seal = sealOf({ ...block, mediaName, mediaBytes, clock });
    this.#insert.run(no * SEQS_PER_EPOCH + seq, kind, ...about, body, clock, seal);
    if (this.#stream !== "main") this.bytes += this.bytesIn(no, { first: seq, last: seq });
  }

  read(
    { no, stream, epoch }: EpochNumber,
    span: Span,
    limits: ReadLimits,
  ): { readonly blocks: TableBlock[]; readonly isComplete: boolean } {
    const base = no * SEQS_PER_EPOCH;
    const blocks: TableBlock[] = [];
    let bytes = 0;
    let from = base + span.first;
    for (;;) {
      const rows = this.#read.all(from, base + span.last, Math.min(16, limits.blocksMax + 1));
      for (const row of rows) {
        bytes += row.body.length + row.bytes;
        const isFull = blocks.length >= limits.blocksMax || bytes > limits.bytesMax;
        if (isFull && blocks.length > 0) return { blocks, isComplete: false };
        blocks.push(blockOf(row, { stream, epoch }));
        from = row.id + 1;
      }
      if (rows.length === 0) return { blocks, isComplete: true };
    }
  }

  /** The picture a block refers to, if it does. */
  mediaOf(no: number, seq: Seq): { readonly name: string; readonly bytes: number } | null {
    const id = no * SEQS_PER_EPOCH + seq;
    return this.#named.get(id, id) ?? null;
  }

  has(no: number, seq: Seq): boolean {
    const id = no * SEQS_PER_EPOCH + seq;
    return this.#first.get(id, id) !== undefined;
  }

  firstSeq(no: number): Seq | null {
    const base = no * SEQS_PER_EPOCH;
    const row = this.#first.get(base, base + SEQS_PER_EPOCH - 1);
    return row ? row.id - base : null;
  }

  lastSeq(no: number): Seq | null {
    const base = no * SEQS_PER_EPOCH;
    const row = this.#last.get(base, base + SEQS_PER_EPOCH - 1);
    return row ? row.id - base : null;
  }

  /** The first `count` blocks with ids from `from` to `to`. */
  rows({ from, to }: IdSpan, count: number): StoredItem[] {
    return this.#rows.all(from, to, count).map(itemOf);
  }

  newest(no: number): StoredItem | null {
    const base = no * SEQS_PER_EPOCH;
    const row = this.#newest.get(base, base + SEQS_PER_EPOCH - 1);
    return row ? itemOf(row) : null;
  }

  /** How many blocks there are of a span. */
  countIn(no: number, { first, last }: Span): number {
    const base = no * SEQS_PER_EPOCH;
    return this.#count.get(base + first, base + last)?.count ?? 0;
  }

  /** The number of the point list that a block refers to. */
  listOf(no: number, seq: Seq): number {
    const id = no * SEQS_PER_EPOCH + seq;
    return this.#rows.get(id, id, 1)?.list ?? 0;
  }

  /** Deletes blocks and returns the names of their pictures. */
  remove(no: number, span: Span): string[] {
    const base = no * SEQS_PER_EPOCH;
    const named = this.#named.all(base + span.first, base + span.last);
    if (this.#stream !== "main") this.bytes -= this.bytesIn(no, span);
    this.#delete.run(base + span.first, base + span.last);
    return named.map(({ name }) => name);
  }

  names(): Set<string> {
    const rows = this.#named.all(0, Number.MAX_SAFE_INTEGER);
    return new Set(rows.map(({ name }) => name));
  }
}

function itemOf(row: ItemRow): StoredItem {
  const seq = row.id % SEQS_PER_EPOCH;
  return {
    no: Math.floor(row.id / SEQS_PER_EPOCH),
    first: seq,
    last: seq,
    kind: row.kind,
    sampleCount: row.samples,
    keptCount: 0,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    bytes: row.cost,
    mediaName: row.name,
    likeness: `${row.list} ${clockStretchOf(row.clock)}`,
  };
}

function blockOf(row: Row, log: Pick<Block, "stream" | "epoch">): TableBlock {
  const block = {
    ...log,
    kind: row.kind,
    seq: row.id % SEQS_PER_EPOCH,
    sampleCount: row.samples,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    schemaHash: row.list_hash ?? "",
    hash: row.hash,
    body: row.body,
    mediaName: row.name,
  };
  const seal = sealOf({ ...block, mediaBytes: row.bytes, clock: row.clock });
  const isSound = row.seal === NO_SEAL || row.seal === seal;
  const clock = clockOfText(row.clock);
  return clock ? { ...block, isSound, clock } : { ...block, isSound };
}
