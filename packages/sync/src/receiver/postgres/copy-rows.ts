import type { Sample } from "@headgate/model";
import { type DecodedBlock, valueAt } from "../../block/decode.ts";
import { QualityCode, ValueType } from "../../block/format.ts";

/** The statement that takes the bytes of `CopyRows`. */
export const COPY_SAMPLES =
  "copy sample (t, value, block_ref, point_ref, i, state, other) from stdin (format binary)";
/** Set in `state` where `other` is JSON: PostgreSQL's text has no zero character. */
export const OTHER_IS_JSON = 64;
const QUALITY_SHIFT = 3;

const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const FIELD_COUNT = 7;
/** Of a row without text: the count, and per field its length and its bytes. */
const ROW_BYTES = 2 + 4 * FIELD_COUNT + 8 + 8 + 8 + 4 + 4 + 2;
const NULL = -1;
const TWO_32 = 2 ** 32;

/** Samples as rows of table `sample`, in PostgreSQL's binary COPY format. */
export class CopyRows {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #at = HEADER.copy(this.#bytes);
  rowCount = 0;

  /** `refs` gives the point's row for each index into the point list. */
  columns(blockRef: number, block: DecodedBlock, refs: readonly number[]): void {
    const { columnPoints, columnStarts, timestampsMs, types, qualities, numbers } = block;
    for (let column = 0; column < columnPoints.length; column++) {
      const pointRef = refs[columnPoints[column] as number] as number;
      const end = columnStarts[column + 1] as number;
      for (let i = columnStarts[column] as number; i < end; i++) {
        const at = { t: timestampsMs[i] as number, blockRef, pointRef, i };
        if (types[i] === ValueType.number && qualities[i] === QualityCode.good) {
          this.#row(at, numbers[i] as number, null, null);
        } else {
          const quality = qualities[i] as number;
          const reason = types[i] === ValueType.none ? String(block.others.get(i)) : null;
          this.#any(at, { value: valueAt(block, i), quality, reason });
        }
      }
    }
  }

  /** The samples of a thinned entry that are kept; `placeOf` is null where one is not. */
  kept(
    block: DecodedBlock,
    refs: readonly number[],
    placeOf: (at: number) => { readonly blockRef: number; readonly i: number } | null,
  ): void {
    const { columnPoints, columnStarts, timestampsMs, types, qualities } = block;
    for (let column = 0; column < columnPoints.length; column++) {
      const pointRef = refs[columnPoints[column] as number] as number;
      const end = columnStarts[column + 1] as number;
      for (let at = columnStarts[column] as number; at < end; at++) {
        const place = placeOf(at);
        if (place === null) continue;
        const reason = types[at] === ValueType.none ? String(block.others.get(at)) : null;
        const content = { value: valueAt(block, at), quality: qualities[at] as number, reason };
        this.#any({ ...place, pointRef, t: timestampsMs[at] as number }, content);
      }
    }
  }

  sample(at: { blockRef: number; pointRef: number; i: number }, sample: Sample): void {
    const { timestampMs: t, value } = sample;
    const reason = sample.quality === "bad" ? sample.reason : null;
    this.#any({ ...at, t }, { value, quality: QualityCode[sample.quality], reason });
  }

  /** All of it; nothing may be added afterwards. */
  finish(): Uint8Array {
    this.#room(2);
    this.#at = this.#bytes.writeInt16BE(-1, this.#at);
    return this.#bytes.subarray(0, this.#at);
  }

  #any(at: At, { value, quality, reason }: Content): void {
    const kind = kindOf(value);
    const text = typeof value === "bigint" ? value.toString() : (reason ?? textOf(value));
    const isJson = text?.includes("\0") === true;
    const state = kind + (quality << QUALITY_SHIFT) + (isJson ? OTHER_IS_JSON : 0);
    this.#row(
      at,
      numberOf(value),
      state === 0 ? null : state,
      isJson ? JSON.stringify(text) : text,
    );
  }

  #row(at: At, value: number | null, state: number | null, other: string | null): void {
    this.#room(ROW_BYTES + (other === null ? 0 : 3 * other.length));
    const bytes = this.#bytes;
    let offset = bytes.writeInt16BE(FIELD_COUNT, this.#at);
    offset = writeInt8(bytes, at.t, offset);
    if (value === null) offset = bytes.writeInt32BE(NULL, offset);
    else offset = bytes.writeDoubleBE(value, bytes.writeInt32BE(8, offset));
    offset = writeInt8(bytes, at.blockRef, offset);
    offset = bytes.writeInt32BE(at.pointRef, bytes.writeInt32BE(4, offset));
    offset = bytes.writeInt32BE(at.i, bytes.writeInt32BE(4, offset));
    if (state === null) offset = bytes.writeInt32BE(NULL, offset);
    else offset = bytes.writeInt16BE(state, bytes.writeInt32BE(2, offset));
    if (other === null) offset = bytes.writeInt32BE(NULL, offset);
    else {
      const length = bytes.write(other, offset + 4, "utf8");
      offset = bytes.writeInt32BE(length, offset) + length;
    }
    this.#at = offset;
    this.rowCount++;
  }

  #room(byteCount: number): void {
    if (this.#at + byteCount <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * Math.max(this.#bytes.length, byteCount));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

interface At {
  readonly t: number;
  readonly blockRef: number;
  readonly pointRef: number;
  readonly i: number;
}

interface Content {
  readonly value: Sample["value"];
  readonly quality: number;
  readonly reason: string | null;
}

/** A safe integer as 64 bits, with its length before it. */
function writeInt8(bytes: Buffer, value: number, at: number): number {
  const high = Math.floor(value / TWO_32);
  let offset = bytes.writeInt32BE(8, at);
  offset = bytes.writeInt32BE(high, offset);
  return bytes.writeUInt32BE(value - high * TWO_32, offset);
}

function kindOf(value: Sample["value"]): number {
  if (value === null) return ValueType.none;
  if (typeof value === "string") return ValueType.text;
  return ValueType[typeof value as "number" | "boolean" | "bigint"];
}

function numberOf(value: Sample["value"]): number | null {
  if (value === null || typeof value === "string") return null;
  return Number(value);
}

function textOf(value: Sample["value"]): string | null {
  return typeof value === "string" ? value : null;
}
