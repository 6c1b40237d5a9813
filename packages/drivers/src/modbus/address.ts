import { z } from "zod";
import { lettersFor, nearestOrder, ordersFor } from "./byte-order.ts";
import { isBitTable, TABLES, type Table } from "./request.ts";
import { isSunspecPath, parseSunspecPath, type SunspecPath } from "./sunspec/path.ts";

/** What a point's registers hold. */
export const VALUE_TYPES = [
  "bool",
  "bit",
  "bits",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float16",
  "float32",
  "float64",
  "bcd16",
  "bcd32",
  "string",
] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

/** A point's place in its device and how its bits are read: the checked settings of one point. */
export interface Address {
  readonly table: Table;
  /** Zero-based, as it goes over the wire. */
  readonly from: number;
  /** Addresses taken: registers, or 1 for a coil. */
  readonly count: number;
  readonly type: ValueType;
  /** As written; null leaves it to the device. */
  readonly order: string | null;
  /** For `bit`: 0 is the least significant. */
  readonly bit: number;
  /** For `bits`. */
  readonly mask: number;
  readonly shift: number;
  /** For `int8` and `uint8`. */
  readonly byte: "low" | "high";
  /** Raw values that mean "not available", as unsigned integers of the value's width. */
  readonly nan: readonly bigint[];
  /** Instead of a place: found in the device's chain of SunSpec models once the line is up. */
  readonly sunspec?: readonly SunspecPath[];
}

/** Bytes of a value of this type; strings have a length of their own. */
export function widthOf(type: ValueType): 2 | 4 | 8 {
  if (type.endsWith("64")) return 8;
  return type.endsWith("32") ? 4 : 2;
}

const raw = z.union([z.int(), z.string().regex(/^(-?\d+|0[xX][0-9a-fA-F]+)$/)]);

/** A point's Modbus settings as they stand in the file. */
export const addressSchema = z
  .strictObject({
    /** `holding:0`, `input:0x10`, `coil:3`, a manual's number (40001), or `sunspec:103/W`. */
    address: z.union([z.string(), z.int()]),
    type: z.enum(VALUE_TYPES).optional(),
    /** Bytes on the wire: ABCD CDAB BADC DCBA, AB or BA, or their forms of eight letters. */
    order: z.string().optional(),
    bit: z.int().min(0).max(15).optional(),
    mask: z.int().min(1).max(0xffff).optional(),
    shift: z.int().min(0).max(15).optional(),
    byte: z.enum(["low", "high"]).optional(),
    /** Registers of a string. */
    length: z.int().min(1).max(125).optional(),
    nan: z.union([raw, z.array(raw)]).optional(),
  })
  .transform((settings, context): Address => {
    if (isSunspecPath(settings.address)) return sunspecAddress(settings, context);
    const place = parsePlace(settings.address);
    if (typeof place === "string") return fail(context, ["address"], place);
    const type = settings.type ?? (isBitTable(place.table) ? "bool" : "uint16");
    const count = countOf(place.table, type, settings.length);
    const wrong = findMistake(settings, { ...place, type, count });
    if (wrong) return fail(context, [wrong.key], wrong.text);
    const mask = settings.mask ?? 0xffff;
    return {
      table: place.table,
      from: place.from,
      count,
      type,
      order: settings.order ?? null,
      bit: settings.bit ?? 0,
      mask,
      shift: settings.shift ?? trailingZeros(mask),
      byte: settings.byte ?? "low",
      nan:
        settings.nan === undefined
          ? NONE
          : [settings.nan].flat().map((value) => asRaw(value, type)),
    };
  });

/** One for all points: there are thousands. */
const NONE: readonly bigint[] = [];

type Settings = z.input<typeof addressSchema>;
type Place = Pick<Address, "table" | "from">;

/** The model tells everything else of its point. */
function sunspecAddress({ address, ...others }: Settings, context: z.RefinementCtx): Address {
  const sunspec = parseSunspecPath(address);
  if (typeof sunspec === "string") return fail(context, ["address"], sunspec);
  const key = Object.keys(others)[0];
  if (key) return fail(context, [key], `a SunSpec model tells ${key} itself; remove it`);
  const nowhere = { table: "holding", from: 0, count: 1, type: "uint16", nan: [] } as const;
  return { ...nowhere, order: null, bit: 0, mask: 0xffff, shift: 0, byte: "low", sunspec };
}

function fail(context: z.RefinementCtx, path: string[], message: string): never {
  context.addIssue({ code: "custom", path, message });
  return z.NEVER;
}

const MANUAL_TABLES: Readonly<Record<string, Table>> = {
  0: "coil",
  1: "discrete",
  3: "input",
  4: "holding",
};

/** The wire address, or what is wrong with it. */
export function parsePlace(written: string | number): Place | string {
  const text = String(written).trim();
  const named = /^(coil|discrete|input|holding):(0[xX][0-9a-fA-F]+|\d+)$/.exec(text);
  // The text would be a new one for each point.
  const namedTable = TABLES.find((one) => one === named?.[1]);
  if (named && namedTable) {
    const from = Number(named[2]);
    if (from <= 0xffff) return { table: namedTable, from };
    return `address ${text} is above 65535; write a wire address from 0 to 65535`;
  }
  const manual = /^([0134])(\d{4,5})$/.exec(text);
  const from = Number(manual?.[2]) - 1;
  const table = MANUAL_TABLES[manual?.[1] ?? ""];
  if (table && from >= 0 && from <= 0xffff) return { table, from };
  const hint = 'write holding:0, input:0, coil:0, discrete:0 or a manual\'s number such as "40001"';
  return `address ${JSON.stringify(written)} is not understood; ${hint}`;
}

function countOf(table: Table, type: ValueType, length: number | undefined): number {
  if (isBitTable(table)) return 1;
  return type === "string" ? (length ?? 0) : widthOf(type) / 2;
}

/** Settings that contradict each other. */
function findMistake(
  { order, length, bit, mask, shift, byte, nan }: Settings,
  { table, type, from, count }: Place & { type: ValueType; count: number },
): { key: string; text: string } | null {
  const isBits = isBitTable(table);
  if (isBits && type !== "bool") {
    return { key: "type", text: `a ${table} holds one bit, not ${type}; write type: bool` };
  }
  if (from + count > 0x10000) {
    return {
      key: "address",
      text: `${type} at ${table}:${from} runs past address 65535; write a lower address`,
    };
  }
  if (type === "string" && length === undefined) {
    return {
      key: "length",
      text: "a string needs its length; write length: and how many registers",
    };
  }
  const only: readonly [string, unknown, readonly string[]][] = [
    ["length", length, ["string"]],
    ["bit", bit, ["bit"]],
    ["mask", mask, ["bits"]],
    ["shift", shift, ["bits"]],
    ["byte", byte, ["int8", "uint8"]],
  ];
  for (const [key, value, types] of only) {
    if (value === undefined || types.includes(type)) continue;
    return { key, text: `${key} goes with type ${types.join(" or ")}, not ${type}; remove it` };
  }
  if (type === "bit" && bit === undefined) {
    return {
      key: "bit",
      text: "type bit needs to know which one; write bit: 0 for the least significant",
    };
  }
  if (nan !== undefined && (isBits || type === "string")) {
    return { key: "nan", text: `nan goes with numbers, not ${type}; remove it` };
  }
  return orderMistake(order, { isBits, type });
}

function orderMistake(
  order: string | undefined,
  { isBits, type }: { isBits: boolean; type: ValueType },
): { key: string; text: string } | null {
  if (order === undefined) return null;
  if (isBits) return { key: "order", text: "a single bit has no order; remove it" };
  if (lettersFor(order, widthOf(type))) return null;
  const near = nearestOrder(order, widthOf(type));
  const advice = near ? `did you mean ${near}? known: ` : "write one of ";
  const known = ordersFor(widthOf(type)).join(", ");
  return { key: "order", text: `order ${order} does not fit ${type}; ${advice}${known}` };
}

function trailingZeros(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

function asRaw(value: string | number, type: ValueType): bigint {
  return BigInt.asUintN(widthOf(type) * 8, BigInt(value));
}
