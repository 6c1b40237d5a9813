import type { Block, ReadLimits, Seq, Stream } from "@headgate/model";
import type { Span } from "../ranges.ts";
import { NO_SEAL, sealOf } from "./block-seal.ts";
import { clockOfText, clockTextOf } from "./clock-text.ts";
import { SEQS_PER_EPOCH } from "./schema.ts";
import type { Sqlite, Statement } from "./sqlite.ts";
import type { BlockToStore } from "./store-messages.ts";

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

/** An epoch by its number in the database and its name elsewhere. */
interface EpochNumber extends Pick<Block, "stream" | "epoch"> {
  readonly no: number;
}

/** A block of the table. */
export type TableBlock = Block & {
  readonly mediaName: string;
  /** False if the row is not the one that was stored. */
  readonly isSound: boolean;
};

/** What is needed to drop a block. */
export interface OldBlock {
  readonly no: number;
  readonly seq: Seq;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly mediaName: string;
}

/** The blocks of one stream, by epoch number and sequence number. */
export class BlockTable {
  /** Bytes of the pictures that rows refer to. */
  bytes = 0;
  readonly #db: Sqlite;
  readonly #name: string;
  readonly #insert: Statement<unknown>;
  readonly #read: Statement<Row>;
  readonly #first: Statement<{ id: number }>;
  readonly #last: Statement<{ id: number }>;
  readonly #oldest: Statement<Row>;
  readonly #named: Statement<{ name: string; bytes: number }>;
  readonly #delete: Statement<unknown>;

  constructor(db: Sqlite, stream: Stream) {
    const table = `${stream}_block`;
    this.#db = db;
    this.#name = table;
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
    this.#oldest = db.prepare(
      `select id, samples, from_ms, to_ms, name, bytes, length(body) as body_bytes
       from ${table} order by id limit ?`,
    );
    this.#named = db.prepare(
      `select name, bytes from ${table} where id between ? and ? and name <> ''`,
    );
    this.#delete = db.prepare(`delete from ${table} where id between ? and ?`);
    this.recount();
  }

  /** Sums up the picture bytes anew, after a rollback. */
  recount(): void {
    const sql = `select coalesce(sum(bytes), 0) as bytes from ${this.#name} where name <> ''`;
    this.bytes = this.#db.prepare<{ bytes: number }>(sql).get()?.bytes ?? 0;
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
    this.bytes += mediaBytes;
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

  oldest(count: number): OldBlock[] {
    return this.#oldest.all(count).map((row) => {
      const bytes = row.bytes + ("body_bytes" in row ? Number(row.body_bytes) : 0);
      const about = { sampleCount: row.samples, fromMs: row.from_ms, toMs: row.to_ms };
      const no = Math.floor(row.id / SEQS_PER_EPOCH);
      return { no, seq: row.id % SEQS_PER_EPOCH, ...about, bytes, mediaName: row.name };
    });
  }

  /** Deletes blocks and returns the names of their pictures. */
  remove(no: number, span: Span): string[] {
    const base = no * SEQS_PER_EPOCH;
    const named = this.#named.all(base + span.first, base + span.last);
    this.#delete.run(base + span.first, base + span.last);
    for (const { bytes } of named) this.bytes -= bytes;
    return named.map(({ name }) => name);
  }

  names(): Set<string> {
    const rows = this.#named.all(0, Number.MAX_SAFE_INTEGER);
    return new Set(rows.map(({ name }) => name));
  }
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
