import type { PageFile } from "./page-file.ts";

const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;
/** No row of ours comes near it: what claims more is damaged. */
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;
const COLUMNS_MAX = 32;

/** A row's place in the file, and the kinds of its columns; its values are still to be read. */
export interface RowPlace {
  /** 0 in a table without row ids. */
  readonly rowId: number;
  /** SQLite's serial types: 0 null, 1 to 6 and 8, 9 whole numbers, 12 + 2n blob, 13 + 2n text. */
  readonly types: readonly number[];
  readonly page: number;
  /** Where the payload begins in the page, and how long it is with its overflow. */
  readonly at: number;
  readonly payloadBytes: number;
  readonly isIndex: boolean;
}

export type Column = number | string | Uint8Array | null;

/** The rows that a page of a table's leaves holds; of a damaged page as many as make sense. */
export function rowsOfPage(file: PageFile, page: number): RowPlace[] {
  const bytes = file.page(page);
  if (!bytes) return [];
  const head = page === 1 ? 100 : 0;
  const kind = bytes[head];
  if (kind !== TABLE_LEAF && kind !== INDEX_LEAF) return [];
  const count = bytes.readUInt16BE(head + 3);
  if (head + 8 + 2 * count > bytes.length) return [];
  const rows: RowPlace[] = [];
  for (let index = 0; index < count; index++) {
    const cell = bytes.readUInt16BE(head + 8 + 2 * index);
    const row = rowAt(bytes, cell, { page, isIndex: kind === INDEX_LEAF });
    if (row) rows.push(row);
  }
  return rows;
}

function rowAt(
  bytes: Buffer,
  cell: number,
  { page, isIndex }: { page: number; isIndex: boolean },
): RowPlace | null {
  const payload = varintAt(bytes, cell);
  if (!payload || payload.value < 1 || payload.value > PAYLOAD_BYTES_MAX) return null;
  const rowId = isIndex ? { value: 0, end: payload.end } : varintAt(bytes, payload.end);
  if (!rowId) return null;
  const types = typesAt(bytes, rowId.end);
  if (!types) return null;
  const place = { rowId: rowId.value, types, page, at: rowId.end };
  return { ...place, payloadBytes: payload.value, isIndex };
}

function typesAt(bytes: Buffer, at: number): number[] | null {
  const size = varintAt(bytes, at);
  if (!size || at + size.value > bytes.length) return null;
  const types: number[] = [];
  for (let next = size.end; next < at + size.value; ) {
    const type = varintAt(bytes, next);
    if (!type || types.length === COLUMNS_MAX) return null;
    types.push(type.value);
    next = type.end;
  }
  return types;
}

/** The values of a row, or null where its bytes do not add up. */
export function valuesOf(file: PageFile, row: RowPlace): Column[] | null {
  const payload = payloadOf(file, row);
  const size = payload && varintAt(payload, 0);
  if (!payload || !size) return null;
  const values: Column[] = [];
  let at = size.value;
  for (const type of row.types) {
    const bytes = bytesOf(type);
    if (at + bytes > payload.length) return null;
    values.push(valueAt(payload, at, type));
    at += bytes;
  }
  return at === payload.length ? values : null;
}

/** The payload with what overflowed into a chain of pages. */
function payloadOf(file: PageFile, { page, at, payloadBytes, isIndex }: RowPlace): Buffer | null {
  const bytes = file.page(page);
  if (!bytes) return null;
  const local = localBytes(payloadBytes, file.usableBytes, isIndex);
  if (at + local > bytes.length) return null;
  if (local === payloadBytes) return bytes.subarray(at, at + local);
  if (at + local + 4 > bytes.length) return null;
  const parts = [bytes.subarray(at, at + local)];
  let left = payloadBytes - local;
  let next = bytes.readUInt32BE(at + local);
  while (left > 0) {
    const overflow = file.page(next);
    if (!overflow) return null;
    const part = overflow.subarray(4, 4 + Math.min(left, file.usableBytes - 4));
    parts.push(part);
    left -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** How much of a payload stays in the leaf: SQLite's rule. */
function localBytes(payloadBytes: number, usable: number, isIndex: boolean): number {
  const most = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
  if (payloadBytes <= most) return payloadBytes;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((payloadBytes - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

/** SQLite's varint: seven bits a byte, highest first, eight in a ninth. */
function varintAt(bytes: Buffer, at: number): { value: number; end: number } | null {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      return value <= Number.MAX_SAFE_INTEGER ? { value, end: at + index + 1 } : null;
    }
  }
  // Nine bytes are for negative and huge numbers: none of ours.
  return null;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const;

function bytesOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return INTEGER_BYTES[type] ?? 0;
}

function valueAt(bytes: Buffer, at: number, type: number): Column {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(at);
  if (type === 6) return Number(bytes.readBigInt64BE(at));
  if (type < 6) return bytes.readIntBE(at, bytesOf(type));
  const part = bytes.subarray(at, at + bytesOf(type));
  return type % 2 === 0 ? part : part.toString("utf8");
}
