import type { Value } from "@headgate/model";

/** JSON has no 64-bit integers and no NaN: those become text. */
export function toJson(value: Value | null): boolean | number | string | null {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}
