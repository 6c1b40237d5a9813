import { describe, expect, it } from "vitest";
import { isAfter, numberAfter, numbersBetween } from "./sequence.ts";

const top = 0xffff_ffff;

describe("numbers of notification messages", () => {
  it("count up and leave out 0", () => {
    expect([1, 2, top - 1, top].map(numberAfter)).toEqual([2, 3, top, 1]);
  });

  it.each([
    [2, 1, true],
    [1, 1, false],
    [1, 2, false],
    [1, top, true],
    [top, 1, false],
    [3, top - 3, true],
    [0x9000_0000, 1, false],
  ])("%i after %i: %s", (number, other, isLater) => {
    expect(isAfter(number, other)).toBe(isLater);
  });

  it.each([
    [4, 5, []],
    [4, 8, [5, 6, 7]],
    [5, 5, []],
    [6, 5, []],
    [top - 1, 2, [top, 1]],
    [top, 2, [1]],
    [1, 1000, [997, 998, 999]],
    // No number at all, as a strange server sends it.
    [top, 0, []],
    [0x9000_0000, 0, []],
  ] as const)("between %i and %i are missing %j", (last, number, missing) => {
    expect(numbersBetween(last, number, 3)).toEqual(missing);
  });
});
