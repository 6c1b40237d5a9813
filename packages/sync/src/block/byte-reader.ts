import { MalformedBlock } from "./format.ts";

/** Bytes of one wide integer at most: enough for 128 bits. */
const WIDE_BYTES_MAX = 19;

/** Reads from foreign bytes; whatever does not fit is a `MalformedBlock`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw new MalformedBlock("decode block: the body is cut short");
    return this.bytes[this.at++] as number;
  }

  /** LEB128 up to 2^53 - 1. */
  varint(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (let count = 1; count < 8; count++) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new MalformedBlock("decode block: an integer exceeds 2^53 - 1");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  zigzagBig(): bigint {
    let value = 0n;
    for (let count = 0; count < WIDE_BYTES_MAX; count++) {
      const next = this.byte();
      value |= BigInt(next & 127) << BigInt(7 * count);
      if (next < 128) return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
    }
    throw new MalformedBlock("decode block: a wide integer exceeds 128 bits");
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) {
      throw new MalformedBlock("decode block: the body is cut short");
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The next section (a length, then as many bytes) as a reader of its own. */
  section(): ByteReader {
    const bytes = this.take(this.varint());
    return new ByteReader(bytes);
  }

  /** Says so if bytes are left over. */
  expectEnd(): void {
    if (this.at !== this.end) throw new MalformedBlock("decode block: bytes are left over");
  }
}
