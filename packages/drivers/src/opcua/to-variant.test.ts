import { Refused, type Value } from "@headgate/model";
import { describe, expect, it } from "vitest";
import type { BuiltinType } from "./data-type.ts";
import { toRaw } from "./to-variant.ts";

describe("a value to write takes the type of its node", () => {
  it.each<[BuiltinType, Value, unknown]>([
    ["Boolean", false, false],
    ["Byte", 255, 255],
    ["Int16", -32_768, -32_768],
    ["UInt32", 4_294_967_295n, 4_294_967_295],
    ["Int64", -2, [0xffffffff, 0xfffffffe]],
    ["Int64", -9_223_372_036_854_775_808n, [0x80000000, 0]],
    ["UInt64", 18_446_744_073_709_551_615n, [0xffffffff, 0xffffffff]],
    ["UInt64", 9_007_199_254_740_993n, [0x200000, 1]],
    ["Float", 230.1, 230.1],
    ["Double", 7n, 7],
    ["String", "奶", "奶"],
    ["LocalizedText", "奶", { text: "奶" }],
    ["DateTime", "2026-01-01T00:00:00Z", new Date(1_767_225_600_000)],
  ])("%s takes %s", (type, value, raw) => {
    expect(toRaw(type, value)).toStrictEqual(raw);
  });

  it.each<[BuiltinType, Value]>([
    ["Boolean", 1],
    ["Boolean", "true"],
    ["Byte", 256],
    ["Byte", -1],
    ["Int16", 1.5],
    ["Int32", "7"],
    ["UInt32", true],
    ["Int64", 9_223_372_036_854_775_808n],
    ["UInt64", -1n],
    ["UInt64", Number.NaN],
    ["Float", "1"],
    ["Double", true],
    ["String", 1],
    ["DateTime", "yesterday"],
    ["ByteString", "x"],
    ["Null", 1],
  ])("%s refuses %s", (type, value) => {
    expect(() => toRaw(type, value)).toThrow(Refused);
    expect(() => toRaw(type, value)).toThrow(type);
  });
});
