/** Built-in types by their number on the wire (OPC 10000-6 §5.1.2). */
export const builtinTypeNames = [
  "Null",
  "Boolean",
  "SByte",
  "Byte",
  "Int16",
  "UInt16",
  "Int32",
  "UInt32",
  "Int64",
  "UInt64",
  "Float",
  "Double",
  "String",
  "DateTime",
  "Guid",
  "ByteString",
  "XmlElement",
  "NodeId",
  "ExpandedNodeId",
  "StatusCode",
  "QualifiedName",
  "LocalizedText",
  "ExtensionObject",
  "DataValue",
  "Variant",
  "DiagnosticInfo",
] as const;

/** Name of a built-in type. */
export type BuiltinType = (typeof builtinTypeNames)[number];

/** The built-in type of a number on the wire; "Null" for one that is not known. */
export function builtinType(wireNumber: number): BuiltinType {
  return builtinTypeNames[wireNumber] ?? "Null";
}

/** Smallest and largest value of the integer types. */
export const integerRanges: Readonly<Partial<Record<BuiltinType, readonly [bigint, bigint]>>> = {
  SByte: [-128n, 127n],
  Byte: [0n, 255n],
  Int16: [-32_768n, 32_767n],
  UInt16: [0n, 65_535n],
  Int32: [-(2n ** 31n), 2n ** 31n - 1n],
  UInt32: [0n, 2n ** 32n - 1n],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
};

/** Exact value of the two 32-bit words, high first, in which the library keeps 64 bits. */
export function joinWords([high, low]: readonly [number, number], isSigned: boolean): bigint {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return isSigned ? BigInt.asIntN(64, bits) : bits;
}

/** The reverse of `joinWords`. */
export function splitWords(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}

/** The shortest decimal that is the same 32-bit float: 230.1 and not 230.10000610351562. */
export function shortestFloat(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
