import type { Address, ValueType } from "../address.ts";
import { widthOf } from "../address.ts";
import { DEVICE_ORDERS, lettersFor } from "../byte-order.ts";
import { createDecoder, type Decoder } from "../decode.ts";

/** Registers around the place asked for, by their offset from it; those refused are absent. */
export type Words = ReadonlyMap<number, number>;

/** One way to read registers: where, as what, in which order. */
export interface Form {
  /** Registers from the place asked for to the first one taken. */
  readonly offset: number;
  readonly type: ValueType;
  /** Bytes on the wire, as many letters as the value has bytes. */
  readonly letters: string;
}

export interface Reading extends Form {
  readonly raw: number | bigint;
}

/** A manual may count from 1, a float may begin one value further. */
export const OFFSETS = [0, -1, 1, -2, 2] as const;

const INTEGERS: readonly ValueType[] = ["uint16", "int16", "uint32", "int32", "uint64", "int64"];
const TYPES: readonly ValueType[] = ["float32", ...INTEGERS, "float64", "bcd16", "bcd32"];

/** Two halves of 32 bits, the low one first: the one order of eight letters without four. */
const HALVES_SWAPPED = "EFGHABCD";

/** Every way to read one value near the place. */
export const FORMS: readonly Form[] = OFFSETS.flatMap((offset) =>
  TYPES.flatMap((type) => ordersOf(type).map((letters) => ({ offset, type, letters }))),
);

function ordersOf(type: ValueType): readonly string[] {
  const width = widthOf(type);
  const known = DEVICE_ORDERS.map((order) => lettersFor(order, width) as string);
  return [...new Set(width === 8 ? [...known, HALVES_SWAPPED] : known)];
}

const decoders = new Map<string, Decoder>();

/** What the words say in this form, by the very code that reads points; null if nothing. */
export function readAs(form: Form, words: Words): Reading | null {
  const { offset, type, letters } = form;
  const count = widthOf(type) / 2;
  const bytes = Buffer.alloc(count * 2);
  for (let index = 0; index < count; index++) {
    const word = words.get(offset + index);
    if (word === undefined) return null;
    bytes.writeUInt16BE(word, index * 2);
  }
  const raw = decoderOf(type, letters).decode(bytes, 0);
  return typeof raw === "number" || typeof raw === "bigint" ? { ...form, raw } : null;
}

function decoderOf(type: ValueType, letters: string): Decoder {
  const kind = `${type} ${letters}`;
  let decoder = decoders.get(kind);
  if (!decoder) {
    decoder = createDecoder(addressOf(type, letters), letters);
    decoders.set(kind, decoder);
  }
  return decoder;
}

export function addressOf(type: ValueType, order: string): Address {
  const place = { table: "holding", from: 0, count: widthOf(type) / 2 } as const;
  return { ...place, type, order, bit: 0, mask: 0xffff, shift: 0, byte: "low", nan: [] };
}

/** The value times a power of ten as a person would write it: 2301 and -1 give 230.1. */
export function timesTenTo(raw: number | bigint, exponent: number): number {
  const [mantissa, own = "0"] = String(raw).split("e");
  return Number(`${mantissa}e${Number(own) + exponent}`);
}

/** Significant digits of the shortest decimal that means this number. */
export function digitsOf(value: number): number {
  const [mantissa = ""] = String(Math.abs(value)).split("e");
  return mantissa.replace(".", "").replace(/^0+/, "").replace(/0+$/, "").length;
}
