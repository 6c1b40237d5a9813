/** A growing byte array. Call `reserve` before writes; varints take up to 8 bytes. */
export class ByteWriter {
  bytes: Uint8Array;
  at = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** LEB128 of an integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      this.bytes[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** 0, -1, 1, -2 … become 0, 1, 2, 3 …; then LEB128. For integers within ± 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** The same for bigints of any size; reserves by itself. */
  zigzagBig(value: bigint): void {
    let rest = value < 0n ? -2n * value - 1n : 2n * value;
    this.reserve(24);
    while (rest >= 128n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** Reserves and copies. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What was written, without a copy. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}
