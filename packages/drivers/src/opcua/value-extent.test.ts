import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extentOf } from "./value-extent.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("where a value ends", () => {
  // By OPC 10000-6 §5.2.2, one by one.
  it.each([
    ["null", "00"],
    ["a boolean", "01 01"],
    ["a double", "0B 000000000000F03F"],
    ["a text", "0C 02000000 4142"],
    ["a null text", "0C FFFFFFFF"],
    ["a time", "0D 0000000000000000"],
    ["a guid", "0E 00112233445566778899AABBCCDDEEFF"],
    ["a node id of two bytes", "11 00 05"],
    ["a node id of four bytes", "11 01 02 0500"],
    ["a node id with a number", "11 02 0200 05000000"],
    ["a node id with a text", "11 03 0200 01000000 41"],
    ["a node id with a guid", "11 04 0200 00112233445566778899AABBCCDDEEFF"],
    ["an expanded node id of another server", "12 C1 02 0500 01000000 75 07000000"],
    ["a qualified name", "14 0200 01000000 41"],
    ["a localized text", "15 03 02000000 7A68 01000000 41"],
    ["a localized text without a locale", "15 02 01000000 41"],
    ["a structure", "16 01 02 8913 01 02000000 AABB"],
    ["a structure without a body", "16 01 02 8913 00"],
    [
      "a data value with all it may have",
      "17 3F 01 01 00000000 0000000000000000 0000000000000000 0000 0000",
    ],
    ["a variant in a variant array", "98 02000000 01 01 0C 01000000 41"],
    ["diagnostics", "19 7F 01000000 02000000 03000000 04000000 01000000 41 00000080 00"],
    ["an array of doubles", "8B 02000000 0000000000000000 0000000000000000"],
    ["a null array", "8B FFFFFFFF"],
    ["a matrix", "C3 04000000 01020304 02000000 02000000 02000000"],
    ["an empty matrix", "C3 00000000 02000000 00000000 00000000"],
  ])("%s", (_, hex) => {
    const whole = bytes(hex);
    expect(extentOf(whole, 0)).toMatchObject({ end: whole.length, why: null });
    const behind = Buffer.concat([bytes("AABB"), whole, bytes("CCDD")]);
    expect(extentOf(behind, 2)).toMatchObject({ end: whole.length + 2, why: null });
    for (let length = 0; length < whole.length; length++) {
      expect(extentOf(whole.subarray(0, length), 0)).toBeNull();
    }
  });

  it.each([
    ["20", null],
    ["0C FFFFFF7F 41", null],
    ["8B FFFFFF7F", null],
    ["11 06 00", null],
    [`${"98 01000000 ".repeat(100)} 00`, null],
    ["1A 01000000 AA", "a type that is not known (26)"],
    ["16 01 02 8913 02 01000000 AA", "a structure in XML"],
    ["16 01 02 8913 07 01000000 AA", "a structure in an encoding that is not known (7)"],
    ["16 00 00 01 01000000 AA", "a structure that does not say its type"],
    ["CB FFFFFFFF 01000000 00000000", "an array that is not as large as its dimensions say"],
  ])("%s is %s", (hex, why) => {
    const found = extentOf(bytes(hex), 0);
    expect(why === null ? found : found?.why).toBe(why);
  });

  it("of any bytes is within them, and found in time", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const found = extentOf(data, 0);
        if (found) expect(found.end).toBeLessThanOrEqual(data.length);
      }),
      { numRuns: 3_000 },
    );
  });
});
