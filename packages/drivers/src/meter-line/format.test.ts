import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "./bcd.ts";
import { decodeAs, formatOf, parseFormat } from "./format.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("a format", () => {
  it.each([
    ["XXXXXX.XX", "78 56 34 12", false, 123_456.78],
    ["XXXXXX.XX", "26 00 00 00", false, 0.26],
    ["XXX.X", "01 23", false, 230.1],
    ["XXX.XXX", "45 23 81", true, -12.345],
    ["XXX.XXX", "45 23 81", false, 812.345],
    ["XX.XXXX", "00 00 80", true, 0],
    ["X.XXX", "00 10", true, 1],
    ["X.XXX", "87 89", true, -0.987],
    ["XX", "15", false, 15],
    ["XXXXXXXX", "78 56 34 12", false, 12_345_678],
    ["NNNNNNNNNNNN", "61 01 00 00 00 00", false, "000000000161"],
    ["ASCII6", "56 30 32 32 00 00", false, "220V"],
    ["bits16", "01 80", false, 0x8001],
    ["bits16", "FF FF", false, 0xffff],
    ["YYMMDDWW", "03 25 11 26", false, "2026-11-25"],
    ["hhmmss", "31 01 22", false, "22:01:31"],
    ["YYMMDDhhmm", "45 10 25 11 26", false, "2026-11-25T10:45"],
    ["YYYYMMDDhhmmss", "31 01 22 11 05 15 20", false, "2015-05-11T22:01:31"],
  ])("%s of %s (signed: %s) is %s", (text, hex, isSigned, value) => {
    expect(decodeAs(formatOf(text), bytes(hex), isSigned)).toEqual({ value });
  });

  it.each([
    ["XXXXXX.XX", "FF FF FF FF", "not available (filled with FF)"],
    ["XX.XXXX", "FF FF FF", "not available (filled with FF)"],
    ["XXXXXX.XX", "78 56 3A 12", "no decimal digits (0x123A5678)"],
    ["XXX.X", "EE EE", "no decimal digits (0xEEEE)"],
    ["XX.XXXX", "FF FF 7F", "no decimal digits (0x7FFFFF)"],
    ["NNNN", "0A 00", "no decimal digits (0x000A)"],
    ["ASCII2", "01 41", "no text (0x4101)"],
    ["YYMMDDhhmm", "00 00 00 00 00", "no time yet (all zeros)"],
    ["YYMMDDhhmm", "45 10 25 13 26", "no time (0x2613251045)"],
    ["YYYYMMDDhhmmss", "20 14 03 18 12 56 59", "no time (0x59561218031420)"],
    ["YYMMDDWW", "0A 25 11 26", "no time (0x2611250A)"],
  ])("%s of %s is none: %s", (text, hex, reason) => {
    expect(decodeAs(formatOf(text), bytes(hex), true)).toEqual({ reason });
  });

  it.each([
    ["", "not understood"],
    ["XX.YY", "not understood"],
    ["XXXXX", "odd number of digits"],
    ["XX.XXX", "odd number of digits"],
    ["bits12", "not understood"],
    ["MMMM", "not understood"],
    ["ASCII99", "99 bytes; 1 to 32"],
    ["X".repeat(66), "33 bytes"],
  ])("%j is a mistake: %s", (text, words) => {
    expect(parseFormat(text)).toContain(words);
  });

  it("reads back every number that fits, with its sign", () => {
    const digits = fc.integer({ min: 0, max: 7_999_999 });
    fc.assert(
      fc.property(digits, fc.boolean(), (count, isNegative) => {
        const written = bytesOf(String(count).padStart(8, "0"));
        if (isNegative) written[3] = (written[3] as number) | 0x80;
        const reading = decodeAs(formatOf("XXXX.XXXX"), written, true);
        const value = Number(`${count}e-4`);
        expect(reading).toEqual({ value: isNegative && count > 0 ? -value : value });
      }),
    );
  });
});
