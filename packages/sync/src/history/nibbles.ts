const view = new DataView(new ArrayBuffer(8));
const eight = new Uint8Array(view.buffer);

/** Half bytes of one sample, one in each place: three bits of a number, and whether more come. */
export class NibbleWriter {
  readonly nibbles = new Uint8Array(96);
  at = 0;

  nibble(value: number): void {
    this.nibbles[this.at++] = value;
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.nibbles[this.at++] = (rest % 8) | 8;
      rest = Math.floor(rest / 8);
    }
    while (rest >= 8) {
      this.nibbles[this.at++] = (rest & 7) | 8;
      rest >>>= 3;
    }
    this.nibbles[this.at++] = rest;
  }

  double(value: number): void {
    view.setFloat64(0, value);
    for (let at = 0; at < 8; at++) {
      const byte = eight[at] as number;
      this.nibbles[this.at++] = byte & 15;
      this.nibbles[this.at++] = byte >> 4;
    }
  }
}

/** Reads half bytes, the lower one first. */
export class NibbleReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = 2 * start;
    this.#end = 2 * end;
  }

  /** A lone half byte at the end fills the last byte up. */
  get hasMore(): boolean {
    return this.#end - this.#at > 1;
  }

  nibble(): number {
    if (this.#at >= this.#end) throw new RangeError("history: a run is cut short");
    const byte = this.#bytes[this.#at >> 1] as number;
    return this.#at++ % 2 === 0 ? byte & 15 : byte >> 4;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 51; scale *= 8) {
      const next = this.nibble();
      value += (next & 7) * scale;
      if (next < 8) return value;
    }
    throw new RangeError("history: a number of a run is too long");
  }

  double(): number {
    for (let at = 0; at < 8; at++) eight[at] = this.nibble() | (this.nibble() << 4);
    return view.getFloat64(0);
  }
}

/** 0, -1, 1, -2 … become 0, 1, 2, 3 … */
export const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);
export const zagzig = (value: number) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
