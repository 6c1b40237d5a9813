import type { Value } from "@headgate/model";
import { type Address, widthOf } from "./address.ts";
import { lettersFor, placesOf } from "./byte-order.ts";
import { shortestFloat } from "./shortest-float.ts";

/** A value, or null where the registers say that there is none. */
export type Decode = (bytes: Uint8Array, at: number) => Value | null;

/** How the bytes of one point become its value; compiled once, run at each scan. */
export interface Decoder {
  readonly decode: Decode;
  /** `decode` gives the two bytes as they stand: whoever reads many may save the calls. */
  readonly isPlainWord: boolean;
  /** Why `decode` gave null: "not available (0x8000)". */
  explain(bytes: Uint8Array, at: number): string;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The decoder of a register point; `deviceOrder` is for points without an order of their own. */
export function createDecoder(address: Address, deviceOrder: string): Decoder {
  if (address.type === "string") return stringDecoder(address, deviceOrder);
  const gather = createGather(address, deviceOrder);
  const decode = TYPES[address.type](address, gather);
  const rawOf = createRaw(address, gather);
  const { nan } = address;
  const isMissing = createIsMissing(nan, gather, address);
  return {
    isPlainWord: address.type === "uint16" && !isMissing && gather.isPlainWord,
    decode: isMissing ? (bytes, at) => (isMissing(bytes, at) ? null : decode(bytes, at)) : decode,
    explain(bytes, at) {
      const raw = rawOf(bytes, at);
      const hex = `0x${raw
        .toString(16)
        .toUpperCase()
        .padStart(widthOf(address.type) * 2, "0")}`;
      if (nan.includes(raw)) return `not available (${hex})`;
      return address.type.startsWith("bcd") ? `not bcd (${hex})` : `not a number (${hex})`;
    },
  };
}

/** The bytes of a value in their right order, as whole numbers of 32 bits. */
interface Gather {
  /** Unsigned; of a 64-bit value the upper half, of a 16-bit value all of it. */
  readonly high: (bytes: Uint8Array, at: number) => number;
  readonly low: (bytes: Uint8Array, at: number) => number;
  /** Of two bytes, the upper one first. */
  readonly isPlainWord: boolean;
}

function createGather(address: Address, deviceOrder: string): Gather {
  const width = widthOf(address.type);
  const letters = lettersFor(address.order ?? deviceOrder, width) ?? "ABCDEFGH".slice(0, width);
  const places = placesOf(letters);
  const at = (index: number) => places[index] ?? 0;
  if (width === 2) {
    const [a, b] = [at(0), at(1)];
    const word = (bytes: Uint8Array, from: number) =>
      ((bytes[from + a] as number) << 8) | (bytes[from + b] as number);
    return { high: word, low: word, isPlainWord: a === 0 };
  }
  const high = gather32(at(0), at(1), [at(2), at(3)]);
  const low = width === 8 ? gather32(at(4), at(5), [at(6), at(7)]) : high;
  return { high, low, isPlainWord: false };
}

function gather32(a: number, b: number, [c, d]: readonly [number, number]) {
  return (bytes: Uint8Array, from: number): number =>
    (((bytes[from + a] as number) << 24) |
      ((bytes[from + b] as number) << 16) |
      ((bytes[from + c] as number) << 8) |
      (bytes[from + d] as number)) >>>
    0;
}

type Compile = (address: Address, gather: Gather) => Decode;

const numberOf =
  (convert: (raw: number) => number): Compile =>
  (_address, { high }) =>
  (bytes, at) =>
    convert(high(bytes, at));

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const TYPES: Readonly<Record<Exclude<Address["type"], "string">, Compile>> = {
  bool:
    (_address, { high }) =>
    (bytes, at) =>
      high(bytes, at) !== 0,
  bit:
    ({ bit }, { high }) =>
    (bytes, at) =>
      ((high(bytes, at) >> bit) & 1) === 1,
  bits:
    ({ mask, shift }, { high }) =>
    (bytes, at) =>
      (high(bytes, at) & mask) >>> shift,
  uint8:
    ({ byte }, { high }) =>
    (bytes, at) =>
      byte === "high" ? high(bytes, at) >> 8 : high(bytes, at) & 0xff,
  int8:
    ({ byte }, { high }) =>
    (bytes, at) =>
      ((byte === "high" ? high(bytes, at) >> 8 : high(bytes, at)) << 24) >> 24,
  uint16: (_address, { high }) => high,
  int16: numberOf((raw) => (raw << 16) >> 16),
  uint32: (_address, { high }) => high,
  int32: numberOf((raw) => raw | 0),
  uint64: (_address, gather) => (bytes, at) => {
    fill(gather, bytes, at);
    return scratch.getBigUint64(0);
  },
  int64: (_address, gather) => (bytes, at) => {
    fill(gather, bytes, at);
    return scratch.getBigInt64(0);
  },
  float16:
    (_address, { high }) =>
    (bytes, at) =>
      finite(halfOf(high(bytes, at))),
  float32:
    (_address, { high }) =>
    (bytes, at) => {
      scratch.setUint32(0, high(bytes, at));
      return finite(shortestFloat(scratch.getFloat32(0)));
    },
  float64: (_address, gather) => (bytes, at) => {
    fill(gather, bytes, at);
    return finite(scratch.getFloat64(0));
  },
  bcd16:
    (_address, { high }) =>
    (bytes, at) =>
      bcdOf(high(bytes, at), 4),
  bcd32:
    (_address, { high }) =>
    (bytes, at) =>
      bcdOf(high(bytes, at), 8),
};

function fill({ high, low }: Gather, bytes: Uint8Array, at: number): void {
  scratch.setUint32(0, high(bytes, at));
  scratch.setUint32(4, low(bytes, at));
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function halfOf(raw: number): number {
  const sign = raw & 0x8000 ? -1 : 1;
  const exponent = (raw >> 10) & 0x1f;
  const fraction = raw & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bcdOf(raw: number, digitCount: number): number | null {
  let value = 0;
  for (let shift = (digitCount - 1) * 4; shift >= 0; shift -= 4) {
    const digit = (raw >>> shift) & 0xf;
    if (digit > 9) return null;
    value = value * 10 + digit;
  }
  return value;
}

/** Asks cheaply whether the raw bits are one of the sentinels; null if there are none. */
function createIsMissing(nan: readonly bigint[], gather: Gather, { type }: Address) {
  if (nan.length === 0) return null;
  if (widthOf(type) === 8) {
    const raw = createRaw({ type }, gather);
    return (bytes: Uint8Array, at: number) => nan.includes(raw(bytes, at));
  }
  const sentinels = nan.map(Number);
  return (bytes: Uint8Array, at: number) => sentinels.includes(gather.high(bytes, at));
}

function createRaw({ type }: Pick<Address, "type">, gather: Gather) {
  return (bytes: Uint8Array, at: number): bigint => {
    const high = BigInt(gather.high(bytes, at));
    return widthOf(type) === 8 ? (high << 32n) | BigInt(gather.low(bytes, at)) : high;
  };
}

/** Text as UTF-8, of which ASCII is a part; it ends at the first NUL, and loses padding blanks. */
function stringDecoder({ count, order }: Address, deviceOrder: string): Decoder {
  const isSwapped = lettersFor(order ?? deviceOrder, 2) === "BA";
  return {
    isPlainWord: false,
    decode(bytes, at) {
      const text = Buffer.from(bytes.subarray(at, at + count * 2));
      if (isSwapped) text.swap16();
      const end = text.indexOf(0);
      return text.toString("utf8", 0, end < 0 ? text.length : end).trimEnd();
    },
    explain: () => "not text",
  };
}
