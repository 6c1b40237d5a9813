import { Refused, type Value } from "@headgate/model";
import { type Address, widthOf } from "./address.ts";
import { lettersFor, placesOf } from "./byte-order.ts";

/** What a value becomes on the wire: whole registers, or some bits of one. */
export type Encoded =
  | { readonly kind: "registers"; readonly bytes: Buffer }
  /** `bits` under `mask` replace those of the register, which must be read first. */
  | { readonly kind: "bits"; readonly mask: number; readonly bits: number };

/** The registers that hold `value`, in the same order as it is read. Throws `Refused`. */
export function encode(address: Address, deviceOrder: string, value: Value): Encoded {
  const { type, bit, mask, shift, byte } = address;
  switch (type) {
    case "string":
      return { kind: "registers", bytes: encodeText(address, deviceOrder, value) };
    case "bit":
      return { kind: "bits", mask: 1 << bit, bits: asBoolean(value) ? 1 << bit : 0 };
    case "bits": {
      const bits = Number(asInteger(value, 0n, BigInt(mask >>> shift))) << shift;
      if ((bits & ~mask) !== 0) throw new Refused(`value ${value} does not fit mask ${mask}`);
      return { kind: "bits", mask, bits };
    }
    case "int8":
    case "uint8": {
      const [low, high] = type === "int8" ? [-128n, 127n] : [0n, 255n];
      const bits = Number(asInteger(value, low, high)) & 0xff;
      return byte === "high"
        ? { kind: "bits", mask: 0xff00, bits: bits << 8 }
        : { kind: "bits", mask: 0x00ff, bits };
    }
    default:
      return { kind: "registers", bytes: encodeNumber(address, deviceOrder, value) };
  }
}

/** True and false, 1 and 0, "true" and "false". Throws `Refused`. */
export function asBoolean(value: Value): boolean {
  const text = String(value).trim().toLowerCase();
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Refused(`value ${JSON.stringify(String(value))} is neither true nor false`);
}

function encodeNumber(address: Address, deviceOrder: string, value: Value): Buffer {
  const width = widthOf(address.type);
  const plain = new DataView(new ArrayBuffer(8));
  PUT[address.type]?.(plain, value);
  const letters = lettersFor(address.order ?? deviceOrder, width) ?? "ABCDEFGH".slice(0, width);
  const bytes = Buffer.alloc(width);
  for (const [index, place] of placesOf(letters).entries()) bytes[place] = plain.getUint8(index);
  return bytes;
}

type Put = (view: DataView, value: Value) => void;

const integer =
  (width: 16 | 32 | 64, isSigned: boolean): Put =>
  (view, value) => {
    const span = 2n ** BigInt(width);
    const low = isSigned ? -span / 2n : 0n;
    const whole = BigInt.asUintN(width, asInteger(value, low, low + span - 1n));
    if (width === 64) view.setBigUint64(0, whole);
    else if (width === 32) view.setUint32(0, Number(whole));
    else view.setUint16(0, Number(whole));
  };

const bcd =
  (digitCount: 4 | 8): Put =>
  (view, value) => {
    const whole = asInteger(value, 0n, 10n ** BigInt(digitCount) - 1n);
    const raw = Number.parseInt(whole.toString(), 16);
    if (digitCount === 8) view.setUint32(0, raw);
    else view.setUint16(0, raw);
  };

const PUT: Readonly<Partial<Record<Address["type"], Put>>> = {
  bool: (view, value) => view.setUint16(0, asBoolean(value) ? 1 : 0),
  int16: integer(16, true),
  uint16: integer(16, false),
  int32: integer(32, true),
  uint32: integer(32, false),
  int64: integer(64, true),
  uint64: integer(64, false),
  float16: (view, value) => view.setUint16(0, halfBits(asNumber(value))),
  float32: (view, value) => view.setFloat32(0, asFloat32(value)),
  float64: (view, value) => view.setFloat64(0, asNumber(value)),
  bcd16: bcd(4),
  bcd32: bcd(8),
};

function asNumber(value: Value): number {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new Refused(`value ${JSON.stringify(String(value))} is not a number`);
}

/** One beyond the largest would be written as infinite. */
function asFloat32(value: Value): number {
  const number = asNumber(value);
  if (Number.isFinite(Math.fround(number))) return number;
  throw new Refused(`value ${number} does not fit float32`);
}

function asInteger(value: Value, low: bigint, high: bigint): bigint {
  let whole: bigint;
  try {
    whole = BigInt(typeof value === "string" ? value.trim() || "?" : value);
  } catch {
    // BigInt says no more than this.
    throw new Refused(`value ${JSON.stringify(String(value))} is not a whole number`);
  }
  if (whole >= low && whole <= high) return whole;
  throw new Refused(`value ${whole} does not fit; it must be from ${low} to ${high}`);
}

/** IEEE 754 binary16, rounded to the nearest. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) throw new Refused(`value ${value} does not fit float16`);
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const fraction = Math.round((size / 2 ** exponent) * 1024);
  // A fraction of 1024 and above carries into the exponent by itself.
  return sign | (fraction < 1024 ? fraction : ((exponent + 14) << 10) + fraction);
}

function encodeText({ count, order }: Address, deviceOrder: string, value: Value): Buffer {
  const text = Buffer.from(String(value), "utf8");
  if (text.length > count * 2) {
    throw new Refused(`text of ${text.length} bytes does not fit ${count} registers`);
  }
  const bytes = Buffer.alloc(count * 2);
  text.copy(bytes);
  return lettersFor(order ?? deviceOrder, 2) === "BA" ? bytes.swap16() : bytes;
}
