import type { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { MalformedBlock } from "./format.ts";

const PLANES_MAX = 8;

/**
 * Sorts the bytes of varints into planes: the first bytes of all, then the second bytes of those
 * that have one, and so on. Low digits are noise, high digits repeat: apart they deflate better.
 * In front stands their count.
 */
export function planesOf(varints: Uint8Array): Uint8Array {
  const starts = new Uint32Array(PLANES_MAX + 1);
  let plane = 0;
  for (let at = 0; at < varints.length; at++) {
    starts[plane + 1] = (starts[plane + 1] as number) + 1;
    plane = (varints[at] as number) < 128 ? 0 : plane + 1;
  }
  const section = new ByteWriter(8 + varints.length);
  section.varint(starts[1] as number);
  for (let index = 1; index < PLANES_MAX; index++) {
    starts[index] = (starts[index] as number) + (starts[index - 1] as number);
  }
  const planes = section.bytes.subarray(section.at, section.at + varints.length);
  for (let at = 0; at < varints.length; at++) {
    const place = starts[plane] as number;
    const byte = varints[at] as number;
    planes[place] = byte;
    starts[plane] = place + 1;
    plane = byte < 128 ? 0 : plane + 1;
  }
  section.at += varints.length;
  return section.view();
}

/** Reads integers back out of planes. */
export class IntegerPlanes {
  readonly #bytes: Uint8Array;
  /** Where the next byte of each plane is; each plane ends where the one after it began. */
  readonly #at = new Uint32Array(PLANES_MAX);
  readonly #firstPlaneEnd: number;

  constructor(section: ByteReader) {
    const count = section.varint();
    const bytes = section.take(section.end - section.at);
    this.#bytes = bytes;
    this.#firstPlaneEnd = count;
    let start = 0;
    let length = count;
    for (let plane = 0; plane < PLANES_MAX; plane++) {
      if (length > bytes.length - start) throw cutShort();
      this.#at[plane] = start;
      let longer = 0;
      for (let at = start; at < start + length; at++) {
        longer += (bytes[at] as number) >> 7;
      }
      start += length;
      length = longer;
    }
    if (length > 0 || start !== bytes.length) throw cutShort();
  }

  varint(): number {
    const bytes = this.#bytes;
    const first = this.#at[0] as number;
    if (first >= this.#firstPlaneEnd) throw cutShort();
    this.#at[0] = first + 1;
    let value = bytes[first] as number;
    if (value < 128) return value;
    value &= 127;
    let scale = 128;
    for (let plane = 1; plane < PLANES_MAX; plane++) {
      const at = this.#at[plane] as number;
      this.#at[plane] = at + 1;
      const byte = bytes[at] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value;
  }

  zigzag(): number {
    const value = this.varint();
    if (value <= 0x7fff_ffff) return (value >>> 1) ^ -(value & 1);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  expectEnd(): void {
    if (this.#at[0] !== this.#firstPlaneEnd) {
      throw new MalformedBlock("decode block: integers are left over");
    }
  }
}

function cutShort(): MalformedBlock {
  return new MalformedBlock("decode block: the integers do not add up");
}
