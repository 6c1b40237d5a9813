import type { Sample, Value } from "@headgate/model";
import { BadFrame } from "./bad-frame.ts";

/** Foreign JSON, field by field. */
export type Fields = Readonly<Record<string, unknown>>;

const FLOAT_TEXTS = new Set(["NaN", "Infinity", "-Infinity", "-0"]);
const INT_TEXT = /^-?\d{1,40}$/;

/** Reads foreign JSON that should be a `Series` and appends its samples to `into`. */
export function readSeries(series: unknown, fromMs: number, into: Sample[]): void {
  const { p, t, v, y, q } = fieldsOf(series, "series");
  if (typeof p !== "string" || !Array.isArray(t) || !Array.isArray(v) || t.length !== v.length) {
    throw new BadFrame("series lacks its point, times or values");
  }
  const kind = y === "int" || y === "float" ? y : undefined;
  if (y !== undefined && kind === undefined) throw new BadFrame("series is of an unknown type");
  const exceptions = exceptionsOf(q);
  for (let index = 0; index < t.length; index++) {
    const timestampMs = fromMs + t[index];
    if (!Number.isSafeInteger(timestampMs)) throw new BadFrame("series has an unsound time");
    const exception = exceptions?.get(index);
    if (exception !== undefined && exception.quality === "bad") {
      into.push({ pointId: p, timestampMs, quality: "bad", value: null, reason: exception.reason });
      continue;
    }
    const quality = exception === undefined ? "good" : "uncertain";
    into.push({ pointId: p, timestampMs, quality, value: jsonValue(v[index], kind) });
  }
}

/** Foreign JSON as an object to pick from. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadFrame(`${name} is not an object`);
  }
  return value as Fields;
}

function jsonValue(value: unknown, kind: "int" | "float" | undefined): Value {
  if (kind === "int") {
    if (typeof value !== "string" || !INT_TEXT.test(value)) {
      throw new BadFrame("series has an unsound integer");
    }
    return BigInt(value);
  }
  if (kind === "float" && typeof value === "string" && FLOAT_TEXTS.has(value)) return Number(value);
  if (typeof value === "number" || (kind === undefined && isTextOrBool(value))) return value;
  throw new BadFrame("series has an unsound value");
}

function isTextOrBool(value: unknown): value is string | boolean {
  return typeof value === "string" || typeof value === "boolean";
}

type Exception = { quality: "uncertain" } | { quality: "bad"; reason: string };

function exceptionsOf(q: unknown): Map<number, Exception> | null {
  if (q === undefined) return null;
  if (!Array.isArray(q)) throw new BadFrame("series has unsound qualities");
  const exceptions = new Map<number, Exception>();
  for (const item of q) {
    const [index, quality, reason] = Array.isArray(item) ? item : [];
    if (!Number.isSafeInteger(index)) throw new BadFrame("series has an unsound quality");
    if (quality === "uncertain") exceptions.set(index, { quality });
    else if (quality === "bad") exceptions.set(index, { quality, reason: String(reason ?? "bad") });
    else throw new BadFrame("series has an unknown quality");
  }
  return exceptions;
}
