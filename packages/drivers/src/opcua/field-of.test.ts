import { describe, expect, it } from "vitest";
import { fieldOf, parseField } from "./field-of.ts";
import { decode } from "./to-sample.ts";

const place = {
  schema: { fields: [{ name: "x", fieldType: "Double" }] },
  x: 1.5,
};
const batch = {
  schema: {
    fields: [
      { name: "number", fieldType: "UInt32" },
      { name: "phase", fieldType: "Phase" },
      { name: "place", fieldType: "Place" },
      { name: "curve", fieldType: "Double", isArray: true },
      { name: "total", fieldType: "Int64" },
    ],
  },
  number: 17,
  phase: 1,
  place,
  curve: [4.5, 72.25],
  total: [2_097_152, 1],
};
const one = { dataType: 22, arrayType: 0, value: batch };
const two = { dataType: 22, arrayType: 1, value: [batch, { ...batch, number: 18 }] };
const numbers = { dataType: 11, arrayType: 1, value: new Float64Array([1, 2]) };

describe("a field of a structure or an array", () => {
  it.each([
    [one, "Number", 17],
    [one, "Phase", 1],
    [one, "Place.x", 1.5],
    [one, "Curve[1]", 72.25],
    [one, "Total", 9_007_199_254_740_993n],
    [two, "[1].Number", 18],
    [numbers, "[0]", 1],
  ])("%# %s is %s", (variant, text, value) => {
    expect(decode(fieldOf(variant, parseField(text) ?? []))).toEqual({ value });
  });

  it.each([
    [one, "Nothing"],
    [one, "Place.z"],
    [one, "Curve[7]"],
    [one, "[0]"],
    [numbers, "[9]"],
    [numbers, "x"],
  ])("%# %s is none", (variant, text) => {
    expect(decode(fieldOf(variant, parseField(text) ?? []))).toEqual({ reason: "no value" });
  });

  it.each(["", "[x]", "a[", "..", "a..b"])("%j is no field", (text) => {
    expect(parseField(text)).toBeNull();
  });
});
