import type { ByteReader } from "./byte-reader.ts";
import {
  ColumnKind,
  EXPONENT_MAX,
  MalformedBlock,
  MixedType,
  POWERS_OF_TEN,
  SCALED_MAX,
  ValueType,
} from "./format.ts";
import { IntegerPlanes } from "./integer-planes.ts";

interface ValuesToDecode {
  readonly columnStarts: Uint32Array;
  readonly kinds: Uint8Array;
  /** Integers, float32, float64, bits, other. */
  readonly values: readonly ByteReader[];
  readonly texts: readonly string[];
  /** `none` is set already where a sample is bad. */
  readonly types: Uint8Array;
  readonly numbers: Float64Array;
  readonly others: Map<number, bigint | string>;
}

/** Fills in the values of every column. */
export function decodeValues(input: ValuesToDecode): void {
  const { kinds, columnStarts } = input;
  if (kinds.length !== columnStarts.length - 1) {
    throw new MalformedBlock("decode block: each column has one kind");
  }
  const source = new ValueSource(input);
  for (let column = 0; column < kinds.length; column++) {
    const from = columnStarts[column] as number;
    const to = columnStarts[column + 1] as number;
    decodeColumn(source, kinds[column] as number, from, to);
  }
  source.expectEnd();
}

/** The text list: each a length and as many bytes of UTF-8. */
export function decodeTexts(section: ByteReader): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const texts: string[] = [];
  while (section.at < section.end) texts.push(decoder.decode(section.take(section.varint())));
  return texts;
}

function decodeColumn(source: ValueSource, kind: number, from: number, to: number): void {
  const exponent = kind >> 4;
  const plain = kind & 15;
  if (plain === ColumnKind.decimal || plain === ColumnKind.decimal32) {
    if (exponent > EXPONENT_MAX) throw new MalformedBlock("decode block: exponent out of range");
    const power = POWERS_OF_TEN[exponent] as number;
    source.scaled({ from, to, power, isFloat32: plain === ColumnKind.decimal32 });
    return;
  }
  if (exponent !== 0) throw new MalformedBlock(`decode block: unknown column kind ${kind}`);
  if (plain === ColumnKind.float32) source.floats(source.float32, from, to);
  else if (plain === ColumnKind.float64) source.floats(source.float64, from, to);
  else if (plain === ColumnKind.bigint) source.bigints(from, to);
  else source.eachValue(plain, from, to);
}

/** The value sections of one block, read column by column. */
class ValueSource {
  readonly float32: FloatPlanes;
  readonly float64: FloatPlanes;
  readonly #input: ValuesToDecode;
  readonly #integers: IntegerPlanes;
  readonly #bits: ByteReader;
  readonly #other: ByteReader;
  #bitAt = 0;

  constructor(input: ValuesToDecode) {
    this.#input = input;
    const [integers, float32, float64, bits, other] = input.values as [
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
      ByteReader,
    ];
    this.#integers = new IntegerPlanes(integers);
    this.#bits = bits;
    this.#other = other;
    this.float32 = new FloatPlanes(float32.bytes, 4);
    this.float64 = new FloatPlanes(float64.bytes, 8);
  }

  expectEnd(): void {
    this.#integers.expectEnd();
    this.#other.expectEnd();
    if (Math.ceil(this.#bitAt / 8) !== this.#bits.end) {
      throw new MalformedBlock("decode block: bits are left over");
    }
    this.float32.expectEnd();
    this.float64.expectEnd();
  }

  scaled(column: { from: number; to: number; power: number; isFloat32: boolean }): void {
    const { types, numbers } = this.#input;
    const { power, isFloat32 } = column;
    let scaled = 0;
    for (let index = column.from; index < column.to; index++) {
      if (types[index] === ValueType.none) continue;
      scaled = this.#nextScaled(scaled);
      numbers[index] = isFloat32 ? Math.fround(scaled / power) : scaled / power;
    }
  }

  bigints(from: number, to: number): void {
    const { types, others } = this.#input;
    let value = 0;
    for (let index = from; index < to; index++) {
      if (types[index] === ValueType.none) continue;
      value = this.#nextScaled(value);
      types[index] = ValueType.bigint;
      others.set(index, BigInt(value));
    }
  }

  #nextScaled(previous: number): number {
    const scaled = previous + this.#integers.zigzag();
    if (Math.abs(scaled) >= SCALED_MAX) {
      throw new MalformedBlock("decode block: a scaled integer is out of range");
    }
    return scaled;
  }

  floats(planes: FloatPlanes, from: number, to: number): void {
    const { types, numbers } = this.#input;
    planes.startColumn();
    for (let index = from; index < to; index++) {
      if (types[index] !== ValueType.none) numbers[index] = planes.next();
    }
  }

  eachValue(kind: number, from: number, to: number): void {
    const { types } = this.#input;
    for (let index = from; index < to; index++) {
      if (types[index] === ValueType.none) continue;
      if (kind === ColumnKind.boolean) this.#setBoolean(index, this.#bit());
      else if (kind === ColumnKind.bigintWide) this.#setBigint(index);
      else if (kind === ColumnKind.text) this.#setText(index, this.#integers.varint());
      else if (kind === ColumnKind.mixed) this.#setMixed(index);
      else throw new MalformedBlock(`decode block: unknown column kind ${kind}`);
    }
  }

  #bit(): boolean {
    const byte = this.#bits.bytes[this.#bitAt >> 3];
    if (byte === undefined) throw new MalformedBlock("decode block: the body is cut short");
    return ((byte >> (this.#bitAt++ & 7)) & 1) === 1;
  }

  #setBoolean(index: number, value: boolean): void {
    this.#input.types[index] = ValueType.boolean;
    this.#input.numbers[index] = value ? 1 : 0;
  }

  #setBigint(index: number): void {
    this.#input.types[index] = ValueType.bigint;
    this.#input.others.set(index, this.#other.zigzagBig());
  }

  #setText(index: number, textIndex: number): void {
    const text = this.#input.texts[textIndex];
    if (text === undefined) throw new MalformedBlock("decode block: a text is missing");
    this.#input.types[index] = ValueType.text;
    this.#input.others.set(index, text);
  }

  #setMixed(index: number): void {
    const type = this.#other.byte();
    if (type === MixedType.float64) {
      const bytes = this.#other.take(8);
      const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
      this.#input.numbers[index] = view.getFloat64(0, true);
    } else if (type === MixedType.false || type === MixedType.true) {
      this.#setBoolean(index, type === MixedType.true);
    } else if (type === MixedType.bigint) this.#setBigint(index);
    else if (type === MixedType.text) this.#setText(index, this.#other.varint());
    else throw new MalformedBlock(`decode block: unknown value type ${type}`);
  }
}

/** Raw floats stored plane by plane, each XORed with its column's previous one. */
class FloatPlanes {
  readonly #planes: Uint8Array;
  readonly #width: 4 | 8;
  readonly #count: number;
  readonly #view = new DataView(new ArrayBuffer(8));
  #at = 0;

  constructor(planes: Uint8Array, width: 4 | 8) {
    this.#planes = planes;
    this.#width = width;
    this.#count = planes.length / width;
    if (!Number.isInteger(this.#count)) {
      throw new MalformedBlock("decode block: a float is cut short");
    }
  }

  startColumn(): void {
    this.#view.setFloat64(0, 0);
  }

  next(): number {
    if (this.#at >= this.#count) throw new MalformedBlock("decode block: the body is cut short");
    const view = this.#view;
    for (let plane = 0; plane < this.#width; plane++) {
      const byte = this.#planes[plane * this.#count + this.#at] as number;
      view.setUint8(plane, view.getUint8(plane) ^ byte);
    }
    this.#at++;
    return this.#width === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }

  expectEnd(): void {
    if (this.#at !== this.#count) throw new MalformedBlock("decode block: floats are left over");
  }
}
