import { z } from "zod";
import { type Format, parseFormat } from "../meter-line/format.ts";
import { itemId } from "../meter-line/settings.ts";
import { FIELD_NAMES, HEAT_LAYOUT, VOLUME_LAYOUT } from "./layout.ts";
import { codeText, QUANTITIES, type Quantity, unitCodes, unitOfByte } from "./units.ts";

const ITEM_DIGITS = 4;
/** Present values, of every kind of meter. */
export const PRESENT_ITEM = "901F";

/** A point's item and the value in it. */
export interface Address {
  /** Four hex digits. */
  readonly item: string;
  /** A value of the present ones; null where place and format say it. */
  readonly field: string | null;
  /** Instead of the layout's. */
  readonly format: Format | null;
  readonly skip: number;
  /** Of an item's number that has a unit byte beside it. */
  readonly quantity: Quantity | null;
  /** Instead of the unit byte that the meter sends, or where it sends none. */
  readonly unitCode: number | null;
}

const unitCode = z.string().regex(/^[0-9A-Fa-f]{2}$/, 'write two hex digits, such as "2C" for m³');

/** A point's CJ/T 188 settings as they stand in the file. */
export const addressSchema = z
  .strictObject({
    /** A name such as volume.total, or an item such as `D120` with a format. */
    address: z.string(),
    format: z.string().optional(),
    /** Bytes of an item before the value, and before its unit byte if that comes first. */
    skip: z.int().min(0).max(99).optional(),
    /** What an item's number measures that has a unit byte. */
    quantity: z.enum(QUANTITIES).optional(),
    unitCode: unitCode.optional(),
  })
  .transform((settings, context): Address => {
    const fail = ({ key, text }: Mistake): never => {
      context.addIssue({ code: "custom", path: [key], message: text });
      return z.NEVER;
    };
    const { skip = 0, quantity = null } = settings;
    const name = settings.address.trim();
    const format = settings.format === undefined ? null : parseFormat(settings.format);
    if (typeof format === "string") return fail({ key: "format", text: format });
    const code = settings.unitCode === undefined ? null : Number.parseInt(settings.unitCode, 16);
    const own = { format, skip, quantity, unitCode: code };
    if (FIELD_NAMES.includes(name)) {
      const wrong = fieldMistake(name, settings, own);
      return wrong ? fail(wrong) : { item: PRESENT_ITEM, field: name, ...own };
    }
    const item = itemId(name, ITEM_DIGITS);
    if (item === null) {
      const known = FIELD_NAMES.join(", ");
      const hint = `write an item of four hex digits, or one of ${known}`;
      const text = `address ${JSON.stringify(name)} is not understood; ${hint}`;
      return fail({ key: "address", text });
    }
    const wrong = itemMistake(item, own);
    return wrong ? fail(wrong) : { item, field: null, ...own };
  });

type Own = Pick<Address, "format" | "skip" | "quantity" | "unitCode">;
type Mistake = { readonly key: string; readonly text: string };

function fieldMistake(
  name: string,
  written: { readonly skip?: unknown; readonly quantity?: unknown },
  { format, unitCode: code }: Own,
): Mistake | null {
  const key = (["skip", "quantity"] as const).find((one) => written[one] !== undefined);
  if (key !== undefined) {
    const text = `${key} goes with an item such as D120, not with ${name}; remove it`;
    return { key, text };
  }
  const field = VOLUME_LAYOUT.fields[name] ?? HEAT_LAYOUT.fields[name];
  if (!field) return null;
  const { byteCount, isNumber } = field.format;
  if (format !== null && (format.byteCount !== byteCount || format.isNumber !== isNumber)) {
    const like = isNumber ? " for a number" : "";
    return {
      key: "format",
      text: `${name} has ${byteCount} bytes; write a format of as many${like}`,
    };
  }
  if (code === null) return null;
  return field.quantity === null
    ? withoutUnit("unitCode", name)
    : unitMistake(code, field.quantity);
}

function itemMistake(item: string, { format, quantity, unitCode: code }: Own): Mistake | null {
  if (format === null) {
    const hint = "write its format, such as format: XXXXXX.XX";
    return { key: "address", text: `item ${item} has no format; ${hint}` };
  }
  const key = quantity === null ? "unitCode" : "quantity";
  const isOfUnit = quantity !== null || code !== null;
  if (isOfUnit && !format.isNumber) return withoutUnit(key, `format ${format.text}`);
  return code === null ? null : unitMistake(code, quantity);
}

function withoutUnit(key: string, what: string): Mistake {
  return { key, text: `${key} goes with a number that has a unit, not with ${what}; remove it` };
}

/** A number in a unit of something else than it measures would be a wrong one. */
function unitMistake(code: number, quantity: Quantity | null): Mistake | null {
  const unit = unitOfByte(code);
  if (unit && (quantity ?? unit.quantity) === unit.quantity) return null;
  const what = unit ? `(${unit.name}) is none of ${quantity}` : "is not known";
  const text = `unit code ${codeText(code)} ${what}; write one of ${unitCodes(quantity)}`;
  return { key: "unitCode", text };
}
