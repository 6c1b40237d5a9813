import { describe, expect, it } from "vitest";
import { addressSchema, parsePlace } from "./address.ts";

describe("an address", () => {
  it.each([
    ["holding:0", "holding", 0],
    ["input:0x5B00", "input", 0x5b00],
    ["coil:3", "coil", 3],
    ["discrete:65535", "discrete", 65_535],
    ["40001", "holding", 0],
    [40001, "holding", 0],
    ["400001", "holding", 0],
    [465536, "holding", 65_535],
    ["30010", "input", 9],
    [10001, "discrete", 0],
    ["00001", "coil", 0],
    ["000020", "coil", 19],
  ])("%s is %s %d", (written, table, from) => {
    expect(parsePlace(written)).toEqual({ table, from });
  });

  it.each(["holding:65536", "holding:-1", "40000", "20001", "5", "", "holding", "holding:1.5", 0])(
    "%s is refused with a hint",
    (written) => {
      expect(parsePlace(written)).toMatch(/^address .*(not understood; write holding:0|above)/);
    },
  );
});

describe("a point's settings", () => {
  const mistakes: readonly [object, string, RegExp][] = [
    [{ address: "coil:0", type: "uint16" }, "type", /type: bool/],
    [{ address: "holding:65535", type: "uint32" }, "address", /past address 65535/],
    [{ address: "holding:0", type: "string" }, "length", /needs its length/],
    [{ address: "holding:0", type: "bit" }, "bit", /which one/],
    [{ address: "holding:0", bit: 3 }, "bit", /goes with type bit, not uint16/],
    [{ address: "holding:0", type: "uint32", order: "ABCDEFGH" }, "order", /does not fit uint32/],
    [{ address: "holding:0", type: "float32", order: "ACBB" }, "order", /does not fit float32/],
    [{ address: "holding:0", type: "float32", order: "CDBA" }, "order", /did you mean CDAB\?/],
    [{ address: "holding:0", type: "float32", order: "ABDC" }, "order", /did you mean ABCD\?/],
    [{ address: "holding:0", type: "float32", order: "BACD" }, "order", /did you mean ABCD\?/],
    [{ address: "holding:0", type: "float32", order: "cdab" }, "order", /did you mean CDAB\?/],
    [{ address: "holding:0", type: "uint16", order: "ba" }, "order", /did you mean BA\?/],
    [{ address: "holding:0", type: "int64", order: "HGFEDCAB" }, "order", /mean HGFEDCBA\?/],
    [{ address: "holding:0", type: "uint16", order: "XY" }, "order", /does not fit uint16/],
    [{ address: "coil:0", nan: 1 }, "nan", /goes with numbers/],
    [{ address: "holding:0", nan: 2 ** 63 }, "nan", /./],
  ];
  it.each(mistakes)("%o is a mistake at %s", (settings, key, text) => {
    const result = addressSchema.safeParse(settings);
    const issue = result.error?.issues[0];
    expect(issue?.path[0]).toBe(key);
    expect(issue?.message).toMatch(text);
  });

  it("defaults to a bit of a bit table and a word of a word table", () => {
    expect(addressSchema.parse({ address: "coil:1" }).type).toBe("bool");
    expect(addressSchema.parse({ address: "input:1" }).type).toBe("uint16");
  });
});
