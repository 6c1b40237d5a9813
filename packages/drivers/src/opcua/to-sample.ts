import { missing, type PointId, type Sample, type Value } from "@headgate/model";
import { type BuiltinType, builtinType, joinWords, shortestFloat } from "./data-type.ts";
import { Undecodable } from "./undecodable.ts";

/** What is used of the library's DataValue. */
export interface ObservedValue {
  readonly statusCode: { readonly value: number; readonly name: string };
  readonly value?: {
    readonly dataType: number;
    readonly arrayType: number;
    readonly value: unknown;
  };
  readonly sourceTimestamp?: Date | null;
  readonly serverTimestamp?: Date | null;
}

type Decoded = { readonly value: Value } | { readonly reason: string };

/** Severity: the two top bits of a status code (OPC 10000-4 §7.38.1). */
const good = 0;
const uncertain = 1;
/** Info type "data value" and its bit "overflow": the server's queue dropped older values. */
const overflow = 0x0480;

/** One value of a server as a sample; its own time first, then its server's, then ours. */
export function toSample(pointId: PointId, observed: ObservedValue, nowMs: number): Sample {
  const timeMs = timeOf(observed.sourceTimestamp) ?? timeOf(observed.serverTimestamp);
  if (timeMs === null) return sampleAt(pointId, observed, nowMs);
  return { ...sampleAt(pointId, observed, timeMs), isDeviceTime: true };
}

/** Servers that have no time write the first or the last there is: the years 1601 and 9999. */
function timeOf(instant: Date | null | undefined): number | null {
  const timeMs = instant?.getTime() ?? 0;
  return timeMs > 0 && timeMs < LATEST_MS ? timeMs : null;
}

const LATEST_MS = Date.UTC(3000, 0, 1);

function sampleAt(pointId: PointId, observed: ObservedValue, timestampMs: number): Sample {
  const status = observed.statusCode;
  const severity = status.value >>> 30;
  if (severity !== good && severity !== uncertain) {
    return missing(pointId, timestampMs, plainName(status));
  }
  const decoded = decode(observed.value);
  if ("reason" in decoded) return missing(pointId, timestampMs, decoded.reason);
  const isWhole = severity === good && (status.value & overflow) !== overflow;
  return { pointId, timestampMs, quality: isWhole ? "good" : "uncertain", value: decoded.value };
}

/** Without the info bits that the library appends: reasons are grouped by name. */
function plainName({ name, value }: ObservedValue["statusCode"]): string {
  return name.split("#")[0] || `status 0x${(value >>> 0).toString(16).toUpperCase()}`;
}

/** A value as the model has it, or why there is none. */
export function decode(variant: ObservedValue["value"]): Decoded {
  if (!variant) return { reason: "no value" };
  if (variant.value instanceof Undecodable) return { reason: variant.value.reason };
  const type = builtinType(variant.dataType);
  if (type === "Null") return { reason: "no value" };
  if (variant.arrayType !== 0) return { reason: `unsupported type array of ${type}` };
  if (variant.value === null || variant.value === undefined) return { reason: "no value" };
  const read = readers[type];
  if (!read) return { reason: `unsupported type ${type}` };
  return read(variant.value) ?? { reason: `no ${type}, though its type says so` };
}

/** Null where the value is not what its type says: a server may call its own types like ours. */
type Read = (raw: unknown) => Decoded | null;

const plainNumber: Read = (raw) => (typeof raw === "number" ? finite(raw) : null);
const text: Read = (raw) => (typeof raw === "string" ? textValue(raw) : null);
const words = (isSigned: boolean): Read => {
  return (raw) => {
    if (!Array.isArray(raw) || raw.length !== 2) return null;
    const [high, low]: unknown[] = raw;
    if (typeof high !== "number" || typeof low !== "number") return null;
    return { value: joinWords([high, low], isSigned) };
  };
};
/** One property that names it. */
const named = (key: "name" | "text"): Read => {
  return (raw) => {
    if (typeof raw !== "object" || raw === null || !(key in raw)) return null;
    return textOrNone((raw as Record<string, unknown>)[key]);
  };
};

const readers: Readonly<Partial<Record<BuiltinType, Read>>> = {
  Boolean: (raw) => (typeof raw === "boolean" ? { value: raw } : null),
  SByte: plainNumber,
  Byte: plainNumber,
  Int16: plainNumber,
  UInt16: plainNumber,
  Int32: plainNumber,
  UInt32: plainNumber,
  Int64: words(true),
  UInt64: words(false),
  Float: (raw) => (typeof raw === "number" ? finite(shortestFloat(raw)) : null),
  Double: plainNumber,
  String: text,
  Guid: text,
  DateTime: (raw) => (raw instanceof Date ? instant(raw) : null),
  StatusCode: named("name"),
  QualifiedName: named("name"),
  LocalizedText: named("text"),
};

function finite(value: number): Decoded {
  return Number.isFinite(value) ? { value } : { reason: `not available (${value})` };
}

function textOrNone(value: unknown): Decoded {
  return typeof value === "string" ? textValue(value) : { reason: "no value" };
}

/** A longer one no block takes; here it would only stay in memory. */
const TEXT_CHARACTERS_MAX = 65_536;

function textValue(value: string): Decoded {
  if (value.length <= TEXT_CHARACTERS_MAX) return { value };
  return { reason: `text of ${value.length} characters is too long to keep` };
}

/** Where their count begins servers write what they have no time for. */
const NO_TIME_MS = Date.UTC(1601, 0, 1);

function instant(value: Date): Decoded {
  const ms = value.getTime();
  const isNone = Number.isNaN(ms) || ms <= NO_TIME_MS;
  return isNone ? { reason: "no value" } : { value: value.toISOString() };
}
