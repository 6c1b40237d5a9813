import { z } from "zod";
import { duration } from "../duration.ts";
import { type Format, parseFormat } from "../meter-line/format.ts";
import { itemId, meterNumber } from "../meter-line/settings.ts";
import { findItem, type Item, timeOfDemand } from "./items.ts";
import { ITEM_NAMES } from "./names.ts";

const METER_DIGITS = 12;
const ITEM_DIGITS = 8;
const ratio = z.number().positive().default(1);

/** A meter on a DL/T 645 line. */
export const deviceSchema = z.strictObject({
  meter: meterNumber(METER_DIGITS),
  /** Ratios of transformers that the meter's values do not have in them. */
  ct: ratio,
  pt: ratio,
  /** Items of one kind are asked for together, where the meter can. */
  blocks: z.boolean().default(true),
  timeout: duration.optional(),
});

/** A point's item, and how it is read. */
export interface Address {
  /** DI3 DI2 DI1 DI0 as eight hex digits. */
  readonly item: string;
  readonly entry: Item;
}

/** A point's DL/T 645 settings as they stand in the file. */
export const addressSchema = z
  .strictObject({
    /** `00010000`, `01010000:time`, or a name such as energy.active.import. */
    address: z.union([z.string(), z.int()]),
    /** Instead of the table's, or where it has none: XXXXXX.XX, YYMMDDhhmm, NNNN, bits16. */
    format: z.string().optional(),
    /** Whether the top bit is a sign. */
    signed: z.boolean().optional(),
    /** Bytes of the item before the value; 0 for the first of several. */
    skip: z.int().min(0).max(199).optional(),
  })
  .transform((settings, context): Address => {
    const fail = (key: string, message: string): never => {
      context.addIssue({ code: "custom", path: [key], message });
      return z.NEVER;
    };
    const place = parsePlace(settings.address);
    if (typeof place === "string") return fail("address", place);
    const { item, isTime } = place;
    const known = isTime ? timeOfDemand(item) : findItem(item);
    if (isTime && !known) {
      return fail("address", `${item} is no demand and has no time; remove :time`);
    }
    if (settings.format === undefined && !known) {
      const hint = "write its format, such as format: XXXXXX.XX";
      return fail("address", `${item} is not in the table of data items; ${hint}`);
    }
    const format = settings.format === undefined ? known?.format : parseFormat(settings.format);
    if (typeof format !== "object") return fail("format", format ?? "");
    const base = known?.format === format ? known : withFormat(known, { item, format });
    const entry = changed(base, settings);
    if (!entry.isSigned || format.isNumber) return { item, entry };
    const what = `signed goes with a number such as XXXXXX.XX, not with ${format.text}`;
    return fail("signed", `${what}; remove it`);
  });

/** What stands behind a table's value, as the time behind a demand, stays there. */
function withFormat(
  known: Item | null,
  { item, format }: { readonly item: string; readonly format: Format },
): Item {
  const { byteCount } = format;
  const own = { unit: "", en: item, zh: item, isSigned: false, at: 0 };
  if (!known) return { ...own, format, byteCount, block: null };
  const isSigned = known.isSigned && format.isNumber;
  const whole = known.byteCount === null || known.at > 0 ? null : known.byteCount;
  const behind = (whole ?? 0) - known.format.byteCount;
  return {
    ...known,
    ...{ format, isSigned, byteCount: whole === null ? null : byteCount + behind, block: null },
  };
}

/** With `skip`, also of 0, other values may stand before the value and behind it. */
function changed(
  entry: Item,
  { signed, skip }: { signed?: boolean | undefined; skip?: number | undefined },
): Item {
  const isSigned = signed ?? entry.isSigned;
  if (skip === undefined) return { ...entry, isSigned };
  return { ...entry, isSigned, at: entry.at + skip, byteCount: null, block: null };
}

type Place = { readonly item: string; readonly isTime: boolean };

function parsePlace(written: string | number): Place | string {
  if (typeof written === "number") {
    const hint = 'write it in quotes, such as "00010000": YAML takes zeros and E for a number';
    return `${written} is not understood; ${hint}`;
  }
  const [, name = "", time] = /^(.*?)(:time)?$/.exec(written.trim()) ?? [];
  const item = ITEM_NAMES.get(name) ?? itemId(name, ITEM_DIGITS);
  if (item !== null) return { item, isTime: time !== undefined };
  const hint = 'write eight hex digits in quotes, such as "00010000", or a name such as';
  return `address ${JSON.stringify(written)} is not understood; ${hint} energy.active.import`;
}

export type Device = z.output<typeof deviceSchema>;
