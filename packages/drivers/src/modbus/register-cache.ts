import { isBitTable, isSet, type Read, readLength, TABLE_OF_CODE } from "./request.ts";

/** Answers kept of one table of one unit. */
const ANSWERS_MAX = 64;
const UNITS_MAX = 256;

interface Kept {
  readonly from: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly atMs: number;
}

/**
 * What was read of a line's units of late. A read is answered with a part of one answer, never
 * with parts of several: values that belong together stay from one moment.
 */
export class RegisterCache {
  readonly #maxAgeMs: number;
  /** By unit and function, then by place and length; in order of age. */
  readonly #tables = new Map<number, Map<number, Kept>>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** `bytes` answered a request that was sent at `atMs`: they are no younger. */
  put(read: Read, bytes: Buffer, atMs: number): void {
    const table = this.#tableOf(read);
    const key = read.from * 4096 + read.count;
    table.delete(key);
    // A copy: the rest of what came with it would stay in memory too.
    table.set(key, { from: read.from, count: read.count, bytes: Buffer.from(bytes), atMs });
    if (table.size <= ANSWERS_MAX) return;
    const [oldest] = table.keys();
    if (oldest !== undefined) table.delete(oldest);
  }

  /** Something is written to the unit: what was read of it may not be so any more. */
  forget(unitId: number): void {
    for (const code of [1, 2, 3, 4]) this.#tables.delete(unitId * 8 + code);
  }

  /** The values, if they were read no longer ago than may be; null if not. */
  take(read: Read, nowMs: number): Buffer | null {
    const table = this.#tables.get(read.unitId * 8 + read.code);
    if (!table) return null;
    let best: Kept | null = null;
    for (const kept of table.values()) {
      if (nowMs - kept.atMs > this.#maxAgeMs || !covers(kept, read)) continue;
      if (best === null || kept.atMs >= best.atMs) best = kept;
    }
    return best && partOf(best, read);
  }

  #tableOf({ unitId, code }: Read): Map<number, Kept> {
    const key = unitId * 8 + code;
    let table = this.#tables.get(key);
    if (!table) {
      if (this.#tables.size >= UNITS_MAX) this.#tables.clear();
      table = new Map();
      this.#tables.set(key, table);
    }
    return table;
  }
}

function covers(kept: Kept, { from, count }: Read): boolean {
  return kept.from <= from && from + count <= kept.from + kept.count;
}

function partOf(kept: Kept, { code, from, count }: Read): Buffer {
  const skipped = from - kept.from;
  if (!isBitTable(TABLE_OF_CODE[code])) {
    return kept.bytes.subarray(skipped * 2, (skipped + count) * 2);
  }
  const part = Buffer.alloc(readLength(code, count));
  for (let at = 0; at < count; at++) {
    if (isSet(kept.bytes, skipped + at))
      part[at >> 3] = (part[at >> 3] as number) | (1 << (at & 7));
  }
  return part;
}
