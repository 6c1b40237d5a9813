import { ByteWriter } from "./byte-writer.ts";
import { ColumnKind, MixedType, POWERS_OF_TEN } from "./format.ts";
import { planesOf } from "./integer-planes.ts";
import { kindOfNumbers, scaledOf } from "./number-column.ts";

/** The value sections of a block being packed: like stands beside like, so that deflate sees it. */
export class ValueSections {
  readonly integers = new ByteWriter(16_384);
  readonly other = new ByteWriter();
  readonly #float32 = new FloatPlanes(4);
  readonly #float64 = new FloatPlanes(8);
  readonly #bits = new ByteWriter();
  #bitCount = 0;
  readonly #texts = new Map<string, number>();

  clear(): void {
    for (const writer of [this.integers, this.other, this.#bits]) writer.at = 0;
    this.#float32.clear();
    this.#float64.clear();
    this.#bitCount = 0;
    this.#texts.clear();
  }

  /** Packs one column of numbers and returns its kind byte: `likely`, if that will do. */
  numbers(values: Float64Array, count: number, likely: number): number {
    const kind = kindOfNumbers(values, count, likely);
    if (kind === ColumnKind.float64) this.#float64.column(values, count);
    else if (kind === ColumnKind.float32) this.#float32.column(values, count);
    else this.#scaled(values, count, POWERS_OF_TEN[kind >> 4] as number);
    return kind;
  }

  #scaled(values: Float64Array, count: number, power: number): void {
    const { integers } = this;
    integers.reserve(8 * count);
    let previous = 0;
    for (let index = 0; index < count; index++) {
      const scaled = scaledOf(values[index] as number, power);
      integers.zigzag(scaled - previous);
      previous = scaled;
    }
  }

  boolean(value: boolean): void {
    if (this.#bitCount % 8 === 0) {
      this.#bits.reserve(1);
      this.#bits.byte(0);
    }
    const last = this.#bits.at - 1;
    const bit = value ? 1 << (this.#bitCount % 8) : 0;
    this.#bits.bytes[last] = (this.#bits.bytes[last] as number) | bit;
    this.#bitCount++;
  }

  /** The number of `text` in this block's list of texts. */
  textIndex(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#texts.size);
    return this.#texts.size - 1;
  }

  mixed(value: boolean | number | bigint | string): void {
    const { other } = this;
    other.reserve(9);
    if (typeof value === "boolean") other.byte(value ? MixedType.true : MixedType.false);
    else if (typeof value === "bigint") {
      other.byte(MixedType.bigint);
      other.zigzagBig(value);
    } else if (typeof value === "string") {
      other.byte(MixedType.text);
      other.varint(this.textIndex(value));
    } else {
      other.byte(MixedType.float64);
      other.append(bytesOfFloat(value));
    }
  }

  /** Integers, float32, float64, bits, other, texts: in the order of the format. */
  finished(): Uint8Array[] {
    const { integers, other } = this;
    const floats = [this.#float32.finished(), this.#float64.finished()];
    return [
      planesOf(integers.view()),
      ...floats,
      this.#bits.view(),
      other.view(),
      this.#textList(),
    ];
  }

  #textList(): Uint8Array {
    const list = new ByteWriter();
    const encoder = new TextEncoder();
    for (const text of this.#texts.keys()) {
      const bytes = encoder.encode(text);
      list.reserve(8);
      list.varint(bytes.length);
      list.append(bytes);
    }
    return list.view();
  }
}

/** Raw floats, XORed with their column's previous value; byte 0 of all, byte 1 of all, … */
class FloatPlanes {
  readonly #width: 4 | 8;
  readonly #raw = new ByteWriter();

  constructor(width: 4 | 8) {
    this.#width = width;
  }

  clear(): void {
    this.#raw.at = 0;
  }

  column(values: Float64Array, count: number): void {
    const width = this.#width;
    const raw = this.#raw;
    raw.reserve(width * count);
    const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset);
    const start = raw.at;
    for (let index = 0; index < count; index++) {
      if (width === 4) view.setFloat32(start + 4 * index, values[index] as number, true);
      else view.setFloat64(start + 8 * index, values[index] as number, true);
    }
    raw.at += width * count;
    for (let at = raw.at - 1; at >= start + width; at--) {
      raw.bytes[at] = (raw.bytes[at] as number) ^ (raw.bytes[at - width] as number);
    }
  }

  finished(): Uint8Array {
    const width = this.#width;
    const count = this.#raw.at / width;
    const planes = new Uint8Array(this.#raw.at);
    for (let index = 0; index < count; index++) {
      for (let plane = 0; plane < width; plane++) {
        planes[plane * count + index] = this.#raw.bytes[index * width + plane] as number;
      }
    }
    return planes;
  }
}

function bytesOfFloat(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
