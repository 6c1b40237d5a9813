import type { Value } from "@headgate/model";
import { type Address, addressSchema, widthOf } from "../src/modbus/address.ts";
import { lettersFor } from "../src/modbus/byte-order.ts";
import { encode } from "../src/modbus/encode.ts";
import { isBitTable } from "../src/modbus/request.ts";
import { VirtualRegisters } from "./virtual-meter-registers.ts";

/**
 * A point as the configuration file writes it, `{ address, type, order, bit, mask, nan, … }`, and
 * what it is to say. Keys that tell nothing of registers (`unit`, `scan`) may stay.
 */
export interface VirtualPoint {
  readonly address: string | number;
  /** In engineering units; null is the first of the point's `nan`. */
  readonly value: Value | null;
  /** value = raw * scale + offset, as in the configuration. */
  readonly scale?: number;
  readonly offset?: number;
  readonly [key: string]: unknown;
}

/** The tables of a unit that points are put into. */
export type PointTables = Partial<Record<Address["table"], VirtualRegisters>>;

/**
 * The tables of a unit that has these points and nothing else, for `createVirtualMeter`. `order` is
 * the device's, for points without one of their own. Throws where two points cannot both be true.
 */
export function tablesOfPoints(points: readonly VirtualPoint[], order = "ABCD"): PointTables {
  const tables: PointTables = {};
  for (const point of points) putPoint(tables, point, order);
  for (const point of points) {
    const { table, from, words, mask } = wireOf(point, order);
    const found = tables[table]?.read(from, words.length) ?? [];
    if (words.every((word, index) => word === ((found[index] ?? 0) & mask))) continue;
    throw new Error(`${point.address} shares registers with a point of another value`);
  }
  return tables;
}

/** Gives a point its registers, or other ones from now on: also while the meter is being read. */
export function putPoint(tables: PointTables, point: VirtualPoint, order = "ABCD"): void {
  const { table, from, words, mask } = wireOf(point, order);
  tables[table] ??= new VirtualRegisters();
  const registers = tables[table];
  for (const [index, word] of words.entries()) {
    const others = registers.read(from + index, 1)?.[0] ?? 0;
    registers.set(from + index, (others & ~mask) | word);
  }
}

interface Wire extends Pick<Address, "table" | "from"> {
  readonly words: readonly number[];
  /** The bits that are the point's own. */
  readonly mask: number;
}

function wireOf(point: VirtualPoint, deviceOrder: string): Wire {
  const address = addressOf(point);
  const { table, from } = address;
  if (address.sunspec) {
    throw new Error(`${point.address} has no place of its own: build its model's registers`);
  }
  const order = isBitTable(table) ? "ABCD" : deviceOrder;
  const encoded = encode(...askedOf(address, point, order));
  if (encoded.kind === "registers") {
    const { bytes } = encoded;
    const words = Array.from({ length: address.count }, (_, index) =>
      bytes.readUInt16BE(index * 2),
    );
    return { table, from, words, mask: 0xffff };
  }
  const isSwapped = lettersFor(address.order ?? order, 2) === "BA";
  const onWire = (word: number) => (isSwapped ? ((word & 0xff) << 8) | (word >> 8) : word);
  return { table, from, words: [onWire(encoded.bits)], mask: onWire(encoded.mask) };
}

function addressOf(point: VirtualPoint): Address {
  const written = Object.entries(point).filter(
    ([key, value]) => PLACE.has(key) && value !== undefined,
  );
  return addressSchema.parse(Object.fromEntries(written));
}

const PLACE = new Set([
  "address",
  "type",
  "order",
  "bit",
  "mask",
  "shift",
  "byte",
  "length",
  "nan",
]);

/** What `encode` is asked for: the raw value, or a sentinel's plain bits. */
function askedOf(address: Address, point: VirtualPoint, order: string): Parameters<typeof encode> {
  if (point.value !== null) return [address, order, rawOf(point, point.value, address)];
  const [missing] = address.nan;
  if (missing === undefined) throw new Error(`${point.address} has no nan to stand for no value`);
  const type = UNSIGNED[widthOf(address.type)];
  return [{ ...address, type }, order, missing];
}

const UNSIGNED = { 2: "uint16", 4: "uint32", 8: "uint64" } as const;

/** The nearest that the registers can hold. */
function rawOf({ scale = 1, offset = 0 }: VirtualPoint, value: Value, { type }: Address): Value {
  if (typeof value !== "number" && typeof value !== "bigint") return value;
  if (typeof value === "bigint" && scale === 1 && offset === 0) return value;
  // Without the binary noise of the division.
  const raw = Number(((Number(value) - offset) / scale).toPrecision(15));
  return type.startsWith("float") ? raw : Math.round(raw);
}
