import { missing, type PointId, type Sample, type Value } from "@headgate/model";
import { type BuiltinType, builtinType, joinWords, shortestFloat } from "./data-type.ts";

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
  const timeMs = (observed.sourceTimestamp ?? observed.serverTimestamp)?.getTime();
  if (!timeMs) return sampleAt(pointId, observed, nowMs);
  return { ...sampleAt(pointId, observed, timeMs), isDeviceTime: true };
}

function sampleAt(pointId: PointId, observed: ObservedValue, timestampMs: number): Sample {
  const status = observed.statusCode;
  const severity = status.value >>> 30;
  if (severity !== good && severity !== uncertain) {
    return missing(pointId, timestampMs, plainName(status.name));
  }
  const decoded = decode(observed.value);
  if ("reason" in decoded) return missing(pointId, timestampMs, decoded.reason);
  const isWhole = severity === good && (status.value & overflow) !== overflow;
  return { pointId, timestampMs, quality: isWhole ? "good" : "uncertain", value: decoded.value };
}

/** Without the info bits that the library appends: reasons are grouped by name. */
function plainName(name: string): string {
  return name.split("#")[0] ?? name;
}

/** A value as the model has it, or why there is none. */
export function decode(variant: ObservedValue["value"]): Decoded {
  if (!variant) return { reason: "no value" };
  const type = builtinType(variant.dataType);
  if (type === "Null") return { reason: "no value" };
  if (variant.arrayType !== 0) return { reason: `unsupported type array of ${type}` };
  if (variant.value === null || variant.value === undefined) return { reason: "no value" };
  const read = readers[type];
  return read ? read(variant.value) : { reason: `unsupported type ${type}` };
}

const plainNumber = (raw: unknown) => finite(raw as number);
const text = (raw: unknown): Decoded => ({ value: String(raw) });

const readers: Readonly<Partial<Record<BuiltinType, (raw: unknown) => Decoded>>> = {
  Boolean: (raw) => ({ value: raw === true }),
  SByte: plainNumber,
  Byte: plainNumber,
  Int16: plainNumber,
  UInt16: plainNumber,
  Int32: plainNumber,
  UInt32: plainNumber,
  Int64: (raw) => ({ value: joinWords(raw as [number, number], true) }),
  UInt64: (raw) => ({ value: joinWords(raw as [number, number], false) }),
  Float: (raw) => finite(shortestFloat(raw as number)),
  Double: plainNumber,
  String: text,
  Guid: text,
  DateTime: (raw) => instant(raw as Date),
  StatusCode: (raw) => text((raw as { name: string }).name),
  QualifiedName: (raw) => textOrNone((raw as { name: string | null }).name),
  LocalizedText: (raw) => textOrNone((raw as { text: string | null }).text),
};

function finite(value: number): Decoded {
  return Number.isFinite(value) ? { value } : { reason: `not available (${value})` };
}

function textOrNone(value: string | null | undefined): Decoded {
  return value === null || value === undefined ? { reason: "no value" } : { value };
}

function instant(value: Date): Decoded {
  return Number.isNaN(value.getTime()) ? { reason: "no value" } : { value: value.toISOString() };
}
