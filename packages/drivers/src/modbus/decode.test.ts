import type { Value } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { addressSchema, VALUE_TYPES, widthOf } from "./address.ts";
import { ordersFor } from "./byte-order.ts";
import { createDecoder } from "./decode.ts";
import { encode } from "./encode.ts";

// Made with Python's struct, not with our own code: type, order, bytes on the wire, value.
const table: readonly [string, string, string, Value][] = [
  ["int16", "AB", "fb2e", -1234],
  ["int16", "BA", "2efb", -1234],
  ["int16", "ABCD", "fb2e", -1234],
  ["int16", "CDAB", "fb2e", -1234],
  ["int16", "BADC", "2efb", -1234],
  ["int16", "DCBA", "2efb", -1234],
  ["uint16", "AB", "abcd", 0xabcd],
  ["uint16", "BA", "cdab", 0xabcd],
  ["uint16", "ABCD", "abcd", 0xabcd],
  ["uint16", "CDAB", "abcd", 0xabcd],
  ["uint16", "BADC", "cdab", 0xabcd],
  ["uint16", "DCBA", "cdab", 0xabcd],
  ["float16", "AB", "be00", -1.5],
  ["float16", "BA", "00be", -1.5],
  ["float16", "ABCD", "be00", -1.5],
  ["float16", "CDAB", "be00", -1.5],
  ["float16", "BADC", "00be", -1.5],
  ["float16", "DCBA", "00be", -1.5],
  ["int32", "ABCD", "f8a432eb", -123456789],
  ["int32", "CDAB", "32ebf8a4", -123456789],
  ["int32", "BADC", "a4f8eb32", -123456789],
  ["int32", "DCBA", "eb32a4f8", -123456789],
  ["uint32", "ABCD", "deadbeef", 0xdeadbeef],
  ["uint32", "CDAB", "beefdead", 0xdeadbeef],
  ["uint32", "BADC", "addeefbe", 0xdeadbeef],
  ["uint32", "DCBA", "efbeadde", 0xdeadbeef],
  ["float32", "ABCD", "4366199a", 230.1],
  ["float32", "CDAB", "199a4366", 230.1],
  ["float32", "BADC", "66439a19", 230.1],
  ["float32", "DCBA", "9a196643", 230.1],
  ["int64", "ABCDEFGH", "ffdfffffffffffff", -9007199254740993n],
  ["int64", "GHEFCDAB", "ffffffffffffffdf", -9007199254740993n],
  ["int64", "BADCFEHG", "dfffffffffffffff", -9007199254740993n],
  ["int64", "HGFEDCBA", "ffffffffffffdfff", -9007199254740993n],
  ["int64", "EFGHABCD", "ffffffffffdfffff", -9007199254740993n],
  ["int64", "ABCD", "ffdfffffffffffff", -9007199254740993n],
  ["int64", "CDAB", "ffffffffffffffdf", -9007199254740993n],
  ["int64", "BADC", "dfffffffffffffff", -9007199254740993n],
  ["int64", "DCBA", "ffffffffffffdfff", -9007199254740993n],
  ["uint64", "ABCDEFGH", "fedcba9876543210", 0xfedcba9876543210n],
  ["uint64", "GHEFCDAB", "32107654ba98fedc", 0xfedcba9876543210n],
  ["uint64", "BADCFEHG", "dcfe98ba54761032", 0xfedcba9876543210n],
  ["uint64", "HGFEDCBA", "1032547698badcfe", 0xfedcba9876543210n],
  ["uint64", "EFGHABCD", "76543210fedcba98", 0xfedcba9876543210n],
  ["uint64", "ABCD", "fedcba9876543210", 0xfedcba9876543210n],
  ["uint64", "CDAB", "32107654ba98fedc", 0xfedcba9876543210n],
  ["uint64", "BADC", "dcfe98ba54761032", 0xfedcba9876543210n],
  ["uint64", "DCBA", "1032547698badcfe", 0xfedcba9876543210n],
  ["float64", "ABCDEFGH", "406cc33333333333", 230.1],
  ["float64", "GHEFCDAB", "33333333c333406c", 230.1],
  ["float64", "BADCFEHG", "6c4033c333333333", 230.1],
  ["float64", "HGFEDCBA", "3333333333c36c40", 230.1],
  ["float64", "EFGHABCD", "33333333406cc333", 230.1],
  ["float64", "ABCD", "406cc33333333333", 230.1],
  ["float64", "CDAB", "33333333c333406c", 230.1],
  ["float64", "BADC", "6c4033c333333333", 230.1],
  ["float64", "DCBA", "3333333333c36c40", 230.1],
  ["bcd16", "AB", "1234", 1234],
  ["bcd16", "BA", "3412", 1234],
  ["bcd16", "ABCD", "1234", 1234],
  ["bcd16", "CDAB", "1234", 1234],
  ["bcd16", "BADC", "3412", 1234],
  ["bcd16", "DCBA", "3412", 1234],
  ["bcd32", "ABCD", "12345678", 12345678],
  ["bcd32", "CDAB", "56781234", 12345678],
  ["bcd32", "BADC", "34127856", 12345678],
  ["bcd32", "DCBA", "78563412", 12345678],
];

const addressOf = (settings: object) => addressSchema.parse({ address: "holding:0", ...settings });

function decode(settings: object, hex: string, deviceOrder = "ABCD"): Value | string {
  const bytes = Buffer.from(`aabb${hex}`, "hex");
  const decoder = createDecoder(addressOf(settings), deviceOrder);
  return decoder.decode(bytes, 2) ?? decoder.explain(bytes, 2);
}

/** Parts of a register, and texts, have their own tests. */
const PARTS = ["bool", "bit", "bits", "int8", "uint8", "string"];

it("the table has every type in every order that may be written", () => {
  const whole = VALUE_TYPES.filter((type) => !PARTS.includes(type));
  const wanted = whole.flatMap((type) =>
    ordersFor(widthOf(type)).map((order) => `${type} ${order}`),
  );
  expect(table.map(([type, order]) => `${type} ${order}`).toSorted()).toEqual(wanted.toSorted());
});

describe("decoding", () => {
  it.each(table)("reads %s in order %s from %s", (type, order, hex, value) => {
    expect(decode({ type, order }, hex)).toBe(value);
  });

  it.each(table)("writes %s in order %s as %s", (type, order, hex, value) => {
    const encoded = encode(addressOf({ type, order }), "ABCD", value);
    expect(encoded.kind === "registers" && encoded.bytes.toString("hex")).toBe(hex);
  });

  it("takes the device's order where the point has none", () => {
    expect(decode({ type: "uint32" }, "00020001", "CDAB")).toBe(0x10002);
    expect(decode({ type: "uint32", order: "ABCD" }, "00020001", "CDAB")).toBe(0x20001);
    expect(decode({ type: "uint16" }, "1234", "BADC")).toBe(0x3412);
  });

  it("keeps every bit of a 64-bit counter", () => {
    expect(decode({ type: "uint64" }, "ffffffffffffffff")).toBe(18_446_744_073_709_551_615n);
    expect(decode({ type: "int64" }, "8000000000000000")).toBe(-9_223_372_036_854_775_808n);
  });

  it("reads parts of a register", () => {
    expect(decode({ type: "bool" }, "0100")).toBe(true);
    expect(decode({ type: "bool" }, "0000")).toBe(false);
    expect(decode({ type: "bit", bit: 15 }, "8000")).toBe(true);
    expect(decode({ type: "bit", bit: 0 }, "8000")).toBe(false);
    expect(decode({ type: "bits", mask: 0x0f00 }, "1a34")).toBe(0xa);
    expect(decode({ type: "bits", mask: 0x0ff0, shift: 0 }, "1234")).toBe(0x230);
    expect(decode({ type: "int8" }, "12fe")).toBe(-2);
    expect(decode({ type: "int8", byte: "high" }, "fe12")).toBe(-2);
    expect(decode({ type: "uint8", byte: "high" }, "fe12")).toBe(254);
    expect(decode({ type: "uint8" }, "fe12")).toBe(18);
  });

  it("reads text in both byte orders, to the first NUL, without padding", () => {
    const hex = Buffer.from("M4M 30  \0x").toString("hex");
    expect(decode({ type: "string", length: 5 }, hex)).toBe("M4M 30");
    const swapped = Buffer.from("4M M").toString("hex");
    expect(decode({ type: "string", length: 2, order: "BA" }, swapped)).toBe("M4M");
  });

  it("says of a sentinel that nothing is available", () => {
    expect(decode({ type: "int16", nan: 0x8000 }, "8000")).toBe("not available (0x8000)");
    expect(decode({ type: "int16", nan: -32768 }, "8000")).toBe("not available (0x8000)");
    expect(decode({ type: "uint16", nan: [0xffff, "0x8000"] }, "ffff")).toBe(
      "not available (0xFFFF)",
    );
    expect(decode({ type: "uint32", nan: "0x80000000" }, "80000000")).toBe(
      "not available (0x80000000)",
    );
    expect(decode({ type: "uint64", nan: "0xFFFFFFFFFFFFFFFF" }, "ffffffffffffffff")).toBe(
      "not available (0xFFFFFFFFFFFFFFFF)",
    );
    expect(decode({ type: "int16", nan: 0x8000 }, "7fff")).toBe(32767);
  });

  it("never gives a number that is none", () => {
    expect(decode({ type: "float32" }, "7fc00000")).toBe("not a number (0x7FC00000)");
    expect(decode({ type: "float32" }, "ff800000")).toBe("not a number (0xFF800000)");
    expect(decode({ type: "float64" }, "7ff8000000000000")).toBe(
      "not a number (0x7FF8000000000000)",
    );
    expect(decode({ type: "float16" }, "7e00")).toBe("not a number (0x7E00)");
    expect(decode({ type: "bcd16" }, "1a34")).toBe("not bcd (0x1A34)");
  });
});

describe("encoding", () => {
  it("changes only the bits of its point", () => {
    const bits = (settings: object, value: Value) => encode(addressOf(settings), "ABCD", value);
    expect(bits({ type: "bit", bit: 3 }, true)).toEqual({ kind: "bits", mask: 8, bits: 8 });
    expect(bits({ type: "bits", mask: 0xf0 }, 5)).toEqual({ kind: "bits", mask: 0xf0, bits: 0x50 });
    expect(bits({ type: "int8", byte: "high" }, -2)).toEqual({
      kind: "bits",
      mask: 0xff00,
      bits: 0xfe00,
    });
  });

  it("takes numbers as text, as commands bring them", () => {
    const bytes = (type: string, value: Value) => {
      const encoded = encode(addressOf({ type }), "ABCD", value);
      return encoded.kind === "registers" ? encoded.bytes.toString("hex") : "";
    };
    expect(bytes("uint64", "18446744073709551615")).toBe("ffffffffffffffff");
    expect(bytes("int16", "-1")).toBe("ffff");
    expect(bytes("float32", "1.5")).toBe("3fc00000");
    expect(bytes("bool", "true")).toBe("0001");
  });

  it.each([
    ["uint16", 65_536],
    ["uint16", -1],
    ["int16", 40_000],
    ["uint16", 1.5],
    ["uint16", "abc"],
    ["uint16", ""],
    ["bcd16", 10_000],
    ["float32", "x"],
    ["float32", 1e39],
    ["bool", 2],
  ])("refuses to write to %s the value %s", (type, value) => {
    expect(() => encode(addressOf({ type }), "ABCD", value)).toThrow(/value/);
  });
});
