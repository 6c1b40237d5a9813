import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { widthOf } from "../address.ts";
import { encode } from "../encode.ts";
import { parseDisplay } from "./display.ts";
import { type Ranked, rank } from "./rank.ts";
import { addressOf, type Form, timesTenTo } from "./readings.ts";
import type { Evidence } from "./weigh.ts";

const NO_HINTS = { shows: null, unit: null, min: null, max: null };
const bytesOf = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Registers from this offset on. */
function wordsOf(bytes: Buffer, from: number): Map<number, number> {
  const words = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += 2) words.set(from + at / 2, bytes.readUInt16BE(at));
  return words;
}

function evidence(words: Map<number, number>, hints: Partial<Evidence["hints"]> = {}): Evidence {
  const all = { ...NO_HINTS, ...hints };
  return { words, later: null, display: all.shows ? parseDisplay(all.shows) : null, hints: all };
}

const nameOf = ({ offset, type, letters, exponent }: Ranked) =>
  `${type} ${letters} at ${offset}, times ${timesTenTo(1, exponent)}`;
const CDAB_48_21 = wordsOf(bytesOf("D70A 4240"), 0);

describe("a tie", () => {
  const zeros = wordsOf(bytesOf("08F2 0000 08FD 0000 08FA 0000 0901 0000"), -2);

  it("goes to the simplest that reads the same: nothing turned, nothing moved", () => {
    const { ranked, verdict } = rank(evidence(zeros, { shows: "230.1", unit: "V" }));
    expect(ranked.map(nameOf).slice(0, 2)).toEqual([
      "uint16 AB at 0, times 0.1",
      "uint32 CDAB at 0, times 0.1",
    ]);
    expect(verdict).toBe("open");
  });

  it("is none for a counter, which outgrows one register", () => {
    const { ranked } = rank(evidence(zeros, { shows: "230.1", unit: "kWh" }));
    expect(ranked.map(nameOf)[0]).toBe("uint32 CDAB at 0, times 0.1");
  });
});

describe("48.21 sent as CDAB", () => {
  it("is 48.21 where the display says so", () => {
    const { ranked, verdict } = rank(evidence(CDAB_48_21, { shows: "48.21" }));
    expect(ranked.map(nameOf)[0]).toBe("float32 CDAB at 0, times 1");
    expect(ranked[0]?.value).toBe(48.21);
    expect(verdict).toBe("certain");
  });

  it("is not 3.03 where nobody looked at the display, and nothing is certain then", () => {
    const { ranked, verdict } = rank(evidence(CDAB_48_21));
    expect(ranked[0]?.value).toBe(48.21);
    // The trap: in another order the very same words are a number that looks as good.
    const trap = ranked.find(({ type, letters }) => type === "float32" && letters === "DCBA");
    if (trap) expect(trap.value).toBeCloseTo(3.03, 2);
    expect(verdict).not.toBe("certain");
  });

  it("is 3.03 to none but a display that shows it", () => {
    const { ranked, verdict } = rank(evidence(CDAB_48_21, { shows: "3.03" }));
    expect(ranked[0]).toMatchObject({ type: "float32", letters: "DCBA" });
    expect(verdict).toBe("certain");
  });
});

const ORDERS_4 = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
const ORDERS = {
  2: ["AB", "BA"],
  4: ORDERS_4,
  8: ["ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "EFGHABCD"],
} as const;
const TYPES = ["float32", "uint16", "int16", "uint32", "int32", "uint64", "int64"] as const;
type Type = (typeof TYPES)[number];

/** A device: its value stands somewhere near the place, amid registers that hold anything. */
interface Truth {
  readonly type: Type;
  readonly letters: string;
  readonly offset: number;
  readonly exponent: number;
  readonly raw: number | bigint;
  readonly noise: readonly number[];
}

/** Whole numbers that need all of their registers: others read alike in fewer. */
const RANGES: Readonly<Record<Exclude<Type, "float32">, readonly [bigint, bigint]>> = {
  uint16: [1_000n, 65_535n],
  int16: [-32_768n, -1_000n],
  uint32: [0x0010_0000n, 0xffff_ffffn],
  int32: [-0x8000_0000n, -0x0010_0000n],
  uint64: [0x0010_0000_0000n, 0x0010_0000_0000_0000n],
  int64: [-0x0010_0000_0000_0000n, -0x0010_0000_0000n],
};

const rawOf = (type: Type): fc.Arbitrary<number | bigint> => {
  if (type === "float32") {
    const decimal = fc.tuple(
      fc.integer({ min: 1_000, max: 999_999 }),
      fc.integer({ min: 0, max: 3 }),
    );
    return decimal.map(([digits, decimals]) => Number(`${digits}e-${decimals}`));
  }
  const [min, max] = RANGES[type];
  const whole = fc.bigInt({ min, max });
  return type.endsWith("64") ? whole : whole.map(Number);
};

/** With a register of zeros, or of one byte twice, several forms are the same number. */
const isPlain = (device: Truth) =>
  [...ownWords(device).values()].every((word) => word !== 0 && word >> 8 !== (word & 0xff));

/** Without a bias to edges: a neighbour that holds the very same number is a coincidence. */
const truth = fc
  .noBias(
    fc.constantFrom(...TYPES).chain((type) =>
      fc.record({
        type: fc.constant(type),
        letters: fc.constantFrom<string>(...ORDERS[widthOf(type)]),
        offset: fc.integer({ min: -2, max: 2 }),
        exponent: fc.integer({ min: -3, max: 3 }),
        raw: rawOf(type),
        noise: fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 14, maxLength: 14 }),
      }),
    ),
  )
  .filter(isPlain);

function registersOf(device: Truth): Map<number, number> {
  const around = device.noise.map((word, index): [number, number] => [index - 4, word]);
  return new Map([...around, ...ownWords(device)]);
}

function ownWords({ type, letters, offset, raw }: Truth): Map<number, number> {
  const encoded = encode(addressOf(type, letters), letters, raw);
  if (encoded.kind !== "registers") throw new Error("a number is encoded as registers");
  return wordsOf(encoded.bytes, offset);
}

/** All the digits, zeros too, as a display would show them. */
function shownOf({ raw, exponent }: Truth): string {
  const value = timesTenTo(raw, exponent);
  const [, own = ""] = String(raw).split(".");
  return value.toFixed(Math.max(0, own.length - exponent));
}

/** The width says it: what is not negative reads the same with and without a sign. */
const meaningOf = ({ type, letters, offset, exponent }: Form & { exponent: number }) =>
  `${type.replace(/^u/, "")} ${letters} at ${offset} e${exponent}`;

describe("whatever a device holds, near the place that was asked for", () => {
  it("comes first if its display shows all the digits", () => {
    fc.assert(
      fc.property(truth, (device) => {
        const shows = shownOf(device);
        const { ranked } = rank(evidence(registersOf(device), { shows }));
        const [first] = ranked;
        expect(first && meaningOf(first)).toBe(meaningOf(device));
      }),
      { seed: 230_1, numRuns: 400 },
    );
  });

  it("is never said to be certain where it is something else", () => {
    fc.assert(
      fc.property(truth, fc.integer({ min: 0, max: 3 }), (device, decimalsMax) => {
        const [whole, fraction = ""] = shownOf(device).split(".");
        const shows = Number(`${whole}.${fraction}`).toFixed(
          Math.min(decimalsMax, fraction.length),
        );
        const { ranked, verdict } = rank(evidence(registersOf(device), { shows }));
        if (verdict !== "certain") return;
        expect(ranked[0] && meaningOf(ranked[0])).toBe(meaningOf(device));
      }),
      { seed: 48_21, numRuns: 300 },
    );
  });
});

const words = (from: number, ...values: number[]) =>
  new Map(values.map((word, index) => [from + index, word]));
/** Three float32 of a meter in its own order, with what stands around them. */
const VOLTAGES = words(-4, 0x4366, 0x0ccd, 0x4365, 0xe666, 0x4366, 0x199a, 0x3f80, 0, 0x4248, 0);
const best = (given: Evidence) => {
  const { ranked, verdict } = rank(given);
  return `${ranked[0] ? nameOf(ranked[0]) : "nothing"}: ${verdict}`;
};

describe("with less to go by", () => {
  it.each<[string, Map<number, number>, Partial<Evidence["hints"]>, string]>([
    ["digits", VOLTAGES, { shows: "230.1" }, "float32 ABCD at 0, times 1: certain"],
    [
      "a value that moved since",
      VOLTAGES,
      { shows: "230.6" },
      "float32 ABCD at 0, times 1: likely",
    ],
    ["a unit", VOLTAGES, { unit: "V" }, "float32 ABCD at 0, times 1: likely"],
    ["limits", VOLTAGES, { min: 200, max: 250 }, "float32 ABCD at 0, times 1: likely"],
    ["nothing", VOLTAGES, {}, "float32 ABCD at 0, times 1: likely"],
    ["another number", VOLTAGES, { shows: "777" }, "nothing: none"],
    [
      "an address that is one too low",
      words(-2, 0x0102, 0, 0x0305, 0x4368, 0x0ccd, 0x4367, 0x0ccd, 0x1234),
      { shows: "232.1" },
      "float32 ABCD at 1, times 1: certain",
    ],
    [
      "tenths of a volt",
      words(0, 2301, 2312, 2297, 501),
      { shows: "230.1" },
      "uint16 AB at 0, times 0.1: certain",
    ],
    [
      "a meter's count",
      words(0, 0x86a1, 0x0001),
      { shows: "1000.01", unit: "kWh" },
      "uint32 CDAB at 0, times 0.01: certain",
    ],
    [
      "a negative power",
      words(0, 0xff0f, 0x1234),
      { shows: "-241", unit: "W" },
      "int16 AB at 0, times 1: certain",
    ],
    ["zero", words(0, 0, 0, 0, 0), { shows: "0" }, "uint16 AB at 0, times 1: open"],
    ["no words at all", words(0), { shows: "1" }, "nothing: none"],
  ])("%s", (_name, held, hints, expected) => {
    expect(best(evidence(held, hints))).toBe(expected);
  });

  it("a second read tells what only leaps from what is measured", () => {
    const first = words(0, 0xd70a, 0x4240);
    const second = words(0, 0xf5c3, 0x4240);
    const { ranked } = rank({ ...evidence(first), later: second });
    expect(ranked[0]).toMatchObject({ type: "float32", letters: "CDAB", value: 48.21 });
    expect(ranked[0]?.reasons.map(({ code }) => code)).toContain("steady");
    const trap = ranked.find(({ letters, exponent }) => letters === "DCBA" && exponent === 0);
    expect(trap?.reasons.map(({ code }) => code) ?? ["jumps"]).toContain("jumps");
  });

  it("forms that read the same now are named, and what a sign could change is said", () => {
    const { ranked } = rank(evidence(words(-1, 7, 0, 2301, 9), { shows: "230.1" }));
    expect(ranked.map(nameOf).slice(0, 2)).toEqual([
      "uint32 ABCD at 0, times 0.1",
      "uint16 AB at 1, times 0.1",
    ]);
    expect(ranked[1]?.reasons.map(({ code }) => code)).toContain("reads-alike");
    expect(ranked[0]?.reasons.map(({ code }) => code)).toContain("sign-unknown");
  });
});
