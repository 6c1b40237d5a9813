import { describe, expect, it } from "vitest";
import { type BuiltinType, builtinTypeNames } from "./data-type.ts";
import { type ObservedValue, toSample } from "./to-sample.ts";

const sourceMs = 1_767_225_600_000;
const serverMs = sourceMs + 5;
const ownMs = sourceMs + 9;
const fine = { value: 0, name: "Good" };

function observed(type: BuiltinType, value: unknown, more: Partial<ObservedValue> = {}) {
  return {
    statusCode: fine,
    value: { dataType: builtinTypeNames.indexOf(type), arrayType: 0, value },
    sourceTimestamp: new Date(sourceMs),
    serverTimestamp: new Date(serverMs),
    ...more,
  };
}

describe("the time of a sample", () => {
  it.each([
    ["the source's", {}, { timestampMs: sourceMs, isDeviceTime: true }],
    [
      "the server's, where the source has none",
      { sourceTimestamp: new Date(Date.UTC(1601, 0)) },
      {
        timestampMs: serverMs,
        isDeviceTime: true,
      },
    ],
    [
      "ours, where neither has one",
      { sourceTimestamp: new Date(Date.UTC(9999, 11, 31)), serverTimestamp: new Date(Number.NaN) },
      { timestampMs: ownMs },
    ],
  ])("is %s", (_what, more, wanted) => {
    const { timestampMs, isDeviceTime } = toSample("a/b", observed("Boolean", true, more), ownMs);
    expect({ timestampMs, ...(isDeviceTime && { isDeviceTime }) }).toEqual(wanted);
  });
});

describe("a value of a server becomes a sample", () => {
  it.each<[BuiltinType, unknown, unknown]>([
    ["Boolean", true, true],
    ["SByte", -128, -128],
    ["UInt32", 4_294_967_295, 4_294_967_295],
    ["Int64", [0x7fffffff, 0xffffffff], 9_223_372_036_854_775_807n],
    ["Int64", [0xffffffff, 0xfffffffe], -2n],
    ["Int64", [-1, -2], -2n],
    ["Int64", [0x80000000, 0], -9_223_372_036_854_775_808n],
    ["UInt64", [0xffffffff, 0xffffffff], 18_446_744_073_709_551_615n],
    ["UInt64", [0x200000, 1], 9_007_199_254_740_993n],
    ["UInt64", [0, 7], 7n],
    ["Float", Math.fround(230.1), 230.1],
    ["Float", Math.fround(1e-7), 1e-7],
    ["Float", Math.fround(16_777_215.5), 16_777_216],
    ["Float", Math.fround(0.1 + 0.2), 0.3],
    ["Double", 230.10000610351562, 230.10000610351562],
    ["String", "", ""],
    ["LocalizedText", { locale: "zh", text: "奶牛" }, "奶牛"],
    ["QualifiedName", { namespaceIndex: 1, name: "Speed" }, "Speed"],
    ["StatusCode", { name: "BadTimeout" }, "BadTimeout"],
    ["DateTime", new Date(sourceMs), "2026-01-01T00:00:00.000Z"],
    ["Guid", "72962B91-FA75-4AE6-8D28-B404DC7DAF63", "72962B91-FA75-4AE6-8D28-B404DC7DAF63"],
  ])("%s %s is %s", (type, raw, value) => {
    expect(toSample("a/b", observed(type, raw), ownMs)).toStrictEqual({
      pointId: "a/b",
      timestampMs: sourceMs,
      isDeviceTime: true,
      quality: "good",
      value,
    });
  });

  it.each<[BuiltinType, unknown, string]>([
    ["Float", Number.NaN, "not available (NaN)"],
    ["Double", Number.NEGATIVE_INFINITY, "not available (-Infinity)"],
    ["Double", null, "no value"],
    ["Null", null, "no value"],
    ["String", null, "no value"],
    ["LocalizedText", { text: null }, "no value"],
    ["DateTime", new Date(Number.NaN), "no value"],
    ["DateTime", new Date(Date.UTC(1601, 0, 1)), "no value"],
    ["String", "x".repeat(65_537), "text of 65537 characters is too long to keep"],
    ["LocalizedText", { text: "x".repeat(65_537) }, "text of 65537 characters is too long to keep"],
    ["ByteString", Buffer.from("x"), "unsupported type ByteString"],
    ["ExtensionObject", {}, "unsupported type ExtensionObject"],
  ])("%s %s is bad: %s", (type, raw, reason) => {
    expect(toSample("a/b", observed(type, raw), ownMs)).toStrictEqual({
      pointId: "a/b",
      timestampMs: sourceMs,
      isDeviceTime: true,
      quality: "bad",
      value: null,
      reason,
    });
  });

  it("an array is not a value yet", () => {
    const array = { dataType: 10, arrayType: 1, value: new Float32Array(2) };
    const sample = toSample("a/b", { ...observed("Float", 1), value: array }, ownMs);
    expect(sample).toMatchObject({ quality: "bad", reason: "unsupported type array of Float" });
  });

  it.each([
    [0x0000_0000, "Good", "good", undefined],
    [0x00a6_0000, "GoodClamped", "good", undefined],
    [0x0000_0480, "Good#Overflow|InfoTypeDataValue", "uncertain", undefined],
    [0x0000_0400, "Good#InfoTypeDataValue", "good", undefined],
    [0x4090_0000, "UncertainLastUsableValue", "uncertain", undefined],
    [0x8034_0000, "BadNodeIdUnknown", "bad", "BadNodeIdUnknown"],
    [0x808c_0480, "BadSensorFailure#Overflow", "bad", "BadSensorFailure"],
  ])("status 0x%s %s is %s", (value, name, quality, reason) => {
    const sample = toSample("a/b", observed("Double", 7, { statusCode: { value, name } }), ownMs);
    expect(sample.quality).toBe(quality);
    expect("reason" in sample ? sample.reason : undefined).toBe(reason);
    expect(sample.value).toBe(quality === "bad" ? null : 7);
  });

  it("takes the source's time, else the server's, else ours", () => {
    const times = (more: Partial<ObservedValue>) =>
      toSample("a/b", observed("Double", 1, more), ownMs).timestampMs;
    expect(times({})).toBe(sourceMs);
    expect(times({ sourceTimestamp: null })).toBe(serverMs);
    expect(times({ sourceTimestamp: null, serverTimestamp: null })).toBe(ownMs);
  });
});
