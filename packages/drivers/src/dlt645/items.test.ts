import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAs } from "../meter-line/format.ts";
import { findItem, timeOfDemand } from "./items.ts";
import { ITEM_NAMES } from "./names.ts";

const idOf = (number: number) => number.toString(16).toUpperCase().padStart(8, "0");

describe("the table of data items", () => {
  // Facts of the standard as others have them, one by one: not what the code puts together.
  it.each([
    ["00000000", "XXXXXX.XX", "kWh", true, null],
    ["00010000", "XXXXXX.XX", "kWh", false, "0001FF00"],
    ["00010400", "XXXXXX.XX", "kWh", false, "0001FF00"],
    ["00020001", "XXXXXX.XX", "kWh", false, "0002FF01"],
    ["00030000", "XXXXXX.XX", "kvarh", true, "0003FF00"],
    ["00080000", "XXXXXX.XX", "kvarh", false, "0008FF00"],
    ["00150000", "XXXXXX.XX", "kWh", false, null],
    ["01010000", "XX.XXXX", "kW", false, null],
    ["02010100", "XXX.X", "V", false, "0201FF00"],
    ["02020300", "XXX.XXX", "A", true, "0202FF00"],
    ["02030000", "XX.XXXX", "kW", true, "0203FF00"],
    ["02040200", "XX.XXXX", "kvar", true, "0204FF00"],
    ["02050000", "XX.XXXX", "kVA", true, "0205FF00"],
    ["02060000", "X.XXX", "", true, "0206FF00"],
    ["02070100", "XXX.X", "°", false, "0207FF00"],
    ["020A0115", "XX.XX", "%", false, null],
    ["02800002", "XX.XX", "Hz", false, null],
    ["04000101", "YYMMDDWW", "", false, null],
    ["04000501", "bits16", "", false, null],
  ])("%s is %s %s", (...[id, format, unit, isSigned, block]) => {
    const item = findItem(id);
    expect(item).toMatchObject({ format: { text: format }, unit, isSigned });
    if (block) expect(item?.block?.item).toBe(block);
  });

  it("knows where an item stands in its block", () => {
    const indexOf = (id: string) => findItem(id)?.block?.index;
    expect(["02010100", "02010300", "02030000", "02030300", "00010400"].map(indexOf)).toEqual([
      0, 2, 0, 3, 4,
    ]);
  });

  it("knows when a demand occurred", () => {
    expect(timeOfDemand("01010000")).toMatchObject({
      format: { text: "YYMMDDhhmm" },
      at: 3,
      byteCount: 8,
    });
    expect(timeOfDemand("00010000")).toBeNull();
  });

  it.each(["02010000", "0201FF00", "00004000", "0001000D", "04000508", "09000000", "FFFFFFFF"])(
    "does not guess what %s is",
    (id) => {
      expect(findItem(id)).toBeNull();
    },
  );

  it("has every name, and says what it is in two languages", () => {
    expect(ITEM_NAMES.size).toBeGreaterThan(50);
    for (const [name, id] of ITEM_NAMES) {
      const item = findItem(id);
      expect(item, name).not.toBeNull();
      expect(item?.en).toMatch(/^[A-Z]/);
      expect(item?.zh).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it("takes any id and any bytes", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.uint8Array({ minLength: 8, maxLength: 8 }), (n, data) => {
        const item = findItem(idOf(n % 0x0500_0000));
        if (!item) return;
        const reading = decodeAs(
          item.format,
          data.subarray(0, item.format.byteCount),
          item.isSigned,
        );
        if ("value" in reading) {
          expect(typeof reading.value === "number" ? Number.isFinite(reading.value) : true).toBe(
            true,
          );
        } else expect(reading.reason).not.toBe("");
      }),
      { numRuns: 2_000 },
    );
  });
});
