import { Refused, type Value } from "@headgate/model";
import { type BuiltinType, integerRanges, splitWords } from "./data-type.ts";

/** The library's raw form of `value` in a node of this type; `Refused` if it does not fit. */
export function toRaw(type: BuiltinType, value: Value): unknown {
  const range = integerRanges[type];
  if (range) return toInteger(type, value, range);
  if (type === "Boolean" && typeof value === "boolean") return value;
  if (type === "Float" || type === "Double") return toReal(type, value);
  if (type === "String" && typeof value === "string") return value;
  if (type === "LocalizedText" && typeof value === "string") return { text: value };
  if (type === "DateTime" && typeof value === "string") {
    const instant = new Date(value);
    if (!Number.isNaN(instant.getTime())) return instant;
  }
  throw refused(type, value);
}

function toInteger(type: BuiltinType, value: Value, [min, max]: readonly [bigint, bigint]) {
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  const exact = isWhole ? BigInt(value) : undefined;
  if (exact === undefined || exact < min || exact > max) throw refused(type, value);
  return type === "Int64" || type === "UInt64" ? splitWords(exact) : Number(exact);
}

function toReal(type: BuiltinType, value: Value): number {
  if (typeof value !== "number" && typeof value !== "bigint") throw refused(type, value);
  return Number(value);
}

function refused(type: BuiltinType, value: Value): Refused {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new Refused(`the node holds ${type}, which cannot take ${shown} (${typeof value})`);
}
