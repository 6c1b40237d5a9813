import { crc32 } from "node:zlib";
import { ByteReader } from "../block/byte-reader.ts";
import { ByteWriter } from "../block/byte-writer.ts";
import type { Sqlite, Statement } from "../buffer/sqlite.ts";

/** Points whose samples lie in one row: a section for each, and a sum over all of it. */
export const GROUP_POINTS = 16;
const GROUPS_MAX = 65_536;
const SUM_BYTES = 4;

export type RowTable = "raw" | "minute" | "quarter" | "day";

/** A row that is not what was written. */
export class DamagedRow extends Error {
  override name = "DamagedRow";
}

/** Rows by time (in seconds) and group of points, in the order in which they are written. */
export class HistoryRows {
  readonly #table: RowTable;
  readonly #insert: Statement<unknown>;
  readonly #get: Statement<{ bytes: Uint8Array }>;
  readonly #size: Statement<{ bytes: number }>;
  readonly #remove: Statement<unknown>;
  readonly #row = new ByteWriter(4096);

  constructor(db: Sqlite, table: RowTable) {
    this.#table = table;
    this.#insert = db.prepare(`insert or replace into ${table} values (?, ?)`);
    this.#get = db.prepare(`select bytes from ${table} where id = ?`);
    this.#size = db.prepare(`select length(bytes) as bytes from ${table} where id = ?`);
    this.#remove = db.prepare(`delete from ${table} where id >= ? and id < ?`);
  }

  /** One section after the other; a row of nothing is none. How many bytes it came to. */
  put(atSeconds: number, group: number, sections: Iterable<Uint8Array | null>): number {
    const row = this.#row;
    row.at = 0;
    let isEmpty = true;
    for (const section of sections) {
      row.reserve(8);
      row.varint(section?.length ?? 0);
      if (!section || section.length === 0) continue;
      row.append(section);
      isEmpty = false;
    }
    if (isEmpty) return 0;
    const sum = crc32(row.view());
    row.reserve(SUM_BYTES);
    for (const shift of [0, 8, 16, 24]) row.byte((sum >>> shift) & 255);
    this.#insert.run(idOf(atSeconds, group), row.view());
    return row.at;
  }

  /** The row's sections, to be read one after the other; null where there is no such row. */
  get(atSeconds: number, group: number): ByteReader | null {
    const row = this.#get.get(idOf(atSeconds, group));
    if (!row) return null;
    const { bytes } = row;
    const end = bytes.length - SUM_BYTES;
    if (end < 0 || crc32(bytes.subarray(0, end)) !== sumAt(bytes, end)) {
      throw new DamagedRow(`history: a row of ${this.#table} is not what was written`);
    }
    return new ByteReader(bytes, 0, end);
  }

  /** 0 where there is no such row. */
  bytesOf(atSeconds: number, group: number): number {
    return this.#size.get(idOf(atSeconds, group))?.bytes ?? 0;
  }

  /** The section of one point, by its number. */
  section(atSeconds: number, number: number): ByteReader | null {
    const row = this.get(atSeconds, Math.floor(number / GROUP_POINTS));
    if (!row) return null;
    for (let before = number % GROUP_POINTS; before > 0; before--) row.take(row.varint());
    return row.section();
  }

  /** Of a time, those of groups from `first` to before `end`. */
  remove(atSeconds: number, first = 0, end = GROUPS_MAX): void {
    this.#remove.run(idOf(atSeconds, first), idOf(atSeconds, end));
  }

  /** All of that time and later. */
  removeFrom(atSeconds: number): void {
    this.#remove.run(idOf(atSeconds, 0), Number.MAX_SAFE_INTEGER);
  }
}

const idOf = (atSeconds: number, group: number) => atSeconds * GROUPS_MAX + group;

const sumAt = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
