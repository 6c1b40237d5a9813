import { describe, expect, it } from "vitest";
import { samplePoint } from "../../testing/samples.ts";
import { fieldKind, type Limits, wishOf } from "./wish.ts";

const FREE: Limits = { min: null, max: null, step: null };
const TANK: Limits = { min: 2, max: 8, step: 0.5 };

describe("the field of a point", () => {
  it.each([
    [true, false, "switch"],
    [4.5, false, "number"],
    ["18446744073709551615", true, "number"],
    ["AUTO", false, "text"],
    [null, false, "any"],
  ] as const)("%s (64-bit: %s) is a %s", (value, isInteger64, kind) => {
    expect(fieldKind(samplePoint({ value, isInteger64 }))).toBe(kind);
  });
});

describe("what is typed", () => {
  it.each([
    ["40.5", FREE, { value: 40.5 }],
    [" +3. ", FREE, { value: 3 }],
    ["−2", FREE, { value: -2 }],
    ["４０。５", FREE, { value: 40.5 }],
    ["18446744073709551615", FREE, { value: "18446744073709551615" }],
    ["4.5", TANK, { value: 4.5 }],
    ["", TANK, { missing: { key: "writing.type", values: {} } }],
    ["4,5", TANK, { missing: { key: "writing.noNumber", values: {} } }],
    ["1e3", FREE, { missing: { key: "writing.noNumber", values: {} } }],
    ["0x10", FREE, { missing: { key: "writing.noNumber", values: {} } }],
    ["1.5", TANK, { missing: { key: "writing.below", values: { min: 2 } } }],
    ["8.5", TANK, { missing: { key: "writing.above", values: { max: 8 } } }],
    ["4.7", TANK, { missing: { key: "writing.between", values: { below: 4.5, above: 5 } } }],
  ] as const)("%s as a number", (typed, limits, wish) => {
    expect(wishOf(typed, "number", limits)).toEqual(wish);
  });

  it("is a text where the point has texts, and the gateway's to judge where nobody knows", () => {
    expect(wishOf("007", "text", FREE)).toEqual({ value: "007" });
    expect(wishOf("007", "any", FREE)).toEqual({ value: "007" });
    expect(wishOf("AUTO", "any", TANK)).toEqual({ value: "AUTO" });
    expect(wishOf("9", "any", TANK)).toEqual({
      missing: { key: "writing.above", values: { max: 8 } },
    });
  });

  it("is one of two where it is a switch, and neither before one is chosen", () => {
    expect(wishOf("true", "switch", FREE)).toEqual({ value: true });
    expect(wishOf("false", "switch", FREE)).toEqual({ value: false });
    expect(wishOf("", "switch", FREE)).toEqual({ missing: { key: "writing.choose", values: {} } });
  });
});
