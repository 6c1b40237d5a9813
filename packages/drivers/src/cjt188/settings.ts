import { z } from "zod";
import { duration } from "../duration.ts";
import { type Format, parseFormat } from "../meter-line/format.ts";
import { itemId, meterNumber } from "../meter-line/settings.ts";
import { FIELD_NAMES, HEAT_LAYOUT, VOLUME_LAYOUT } from "./layout.ts";
import { ENERGY_UNITS } from "./units.ts";

const METER_DIGITS = 14;
const ITEM_DIGITS = 4;
/** Present values, of every kind of meter. */
export const PRESENT_ITEM = "901F";

const KINDS: Readonly<Record<string, number>> = {
  "cold-water": 0x10,
  "hot-water": 0x11,
  "drinking-water": 0x12,
  "reclaimed-water": 0x13,
  heat: 0x20,
  cooling: 0x21,
  "heat-and-cooling": 0x22,
  gas: 0x30,
};

const kind = z.string().transform((written, context): number => {
  const code = Object.hasOwn(KINDS, written) ? KINDS[written] : undefined;
  if (code !== undefined) return code;
  if (/^[1-4][0-9A-Fa-f]$/.test(written)) return Number.parseInt(written, 16);
  const known = Object.keys(KINDS).join(", ");
  const hint = `write its code in quotes, or one of ${known}`;
  const message = `${JSON.stringify(written)} is no kind of meter; ${hint}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** A kind's code as the configuration writes it. */
export function kindText(code: number): string {
  const named = Object.entries(KINDS).find(([, one]) => one === code);
  return named?.[0] ?? code.toString(16).padStart(2, "0").toUpperCase();
}

/** A meter on a CJ/T 188 line. */
export const deviceSchema = z.strictObject({
  meter: meterNumber(METER_DIGITS),
  kind,
  /** Some makers send the item's bytes, or the unit before its number, the other way round. */
  swappedItem: z.boolean().default(false),
  unitFirst: z.boolean().default(false),
  /** In which heat is given, whatever the meter counts in. */
  energyUnit: z.enum(ENERGY_UNITS).default("kWh"),
  timeout: duration.optional(),
});

/** A point's item and the value in it. */
export interface Address {
  /** Four hex digits. */
  readonly item: string;
  /** A value of the present ones; null where place and format say it. */
  readonly field: string | null;
  /** Instead of the layout's. */
  readonly format: Format | null;
  readonly skip: number;
  /** Instead of the unit byte that the meter sends. */
  readonly unitCode: number | null;
}

const unitCode = z.string().regex(/^[0-9A-Fa-f]{2}$/, 'write two hex digits, such as "2C" for m³');

/** A point's CJ/T 188 settings as they stand in the file. */
export const addressSchema = z
  .strictObject({
    /** A name such as volume.total, or an item such as `D120` with a format. */
    address: z.string(),
    format: z.string().optional(),
    /** Bytes of an item before the value. */
    skip: z.int().min(0).max(99).optional(),
    unitCode: unitCode.optional(),
  })
  .transform((settings, context): Address => {
    const fail = (key: string, message: string): never => {
      context.addIssue({ code: "custom", path: [key], message });
      return z.NEVER;
    };
    const { skip = 0 } = settings;
    const name = settings.address.trim();
    const format = settings.format === undefined ? null : parseFormat(settings.format);
    if (typeof format === "string") return fail("format", format);
    const code = settings.unitCode === undefined ? null : Number.parseInt(settings.unitCode, 16);
    if (FIELD_NAMES.includes(name)) {
      const wrong = fieldMistake(name, format, settings.skip);
      if (wrong) return fail(wrong.key, wrong.text);
      return { item: PRESENT_ITEM, field: name, format, skip, unitCode: code };
    }
    const item = itemId(name, ITEM_DIGITS);
    if (item === null) {
      const known = FIELD_NAMES.join(", ");
      const hint = `write an item of four hex digits, or one of ${known}`;
      return fail("address", `address ${JSON.stringify(name)} is not understood; ${hint}`);
    }
    if (format === null) {
      const hint = "write its format, such as format: XXXXXX.XX";
      return fail("address", `item ${item} has no format; ${hint}`);
    }
    return { item, field: null, format, skip, unitCode: code };
  });

function fieldMistake(
  name: string,
  format: Format | null,
  skip: number | undefined,
): { key: string; text: string } | null {
  if (skip !== undefined) {
    return {
      key: "skip",
      text: `skip goes with an item such as D120, not with ${name}; remove it`,
    };
  }
  const field = VOLUME_LAYOUT.fields[name] ?? HEAT_LAYOUT.fields[name];
  if (format === null || !field || format.byteCount === field.format.byteCount) return null;
  const text = `${name} has ${field.format.byteCount} bytes; write a format of as many`;
  return { key: "format", text };
}

export type Device = z.output<typeof deviceSchema>;
