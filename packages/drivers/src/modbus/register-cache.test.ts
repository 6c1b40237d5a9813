import { describe, expect, it } from "vitest";
import { RegisterCache } from "./register-cache.ts";
import { readRequest } from "./request.ts";

const MAX_AGE_MS = 1_000;
const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
};
const holding = (from: number, count: number, unitId = 1) =>
  readRequest({ unitId, table: "holding", from, count });
const coils = (from: number, count: number) =>
  readRequest({ unitId: 1, table: "coil", from, count });

describe("what was read of late", () => {
  it("is given until it is too old, counted from when it was asked for", () => {
    const cache = new RegisterCache(MAX_AGE_MS);
    cache.put(holding(10, 3), words(1, 2, 3), 500);
    expect(cache.take(holding(10, 3), 500 + MAX_AGE_MS)).toEqual(words(1, 2, 3));
    expect(cache.take(holding(11, 1), 500 + MAX_AGE_MS)).toEqual(words(2));
    expect(cache.take(holding(10, 3), 501 + MAX_AGE_MS)).toBe(null);
  });

  it("is the youngest of what holds all that is asked, and never of two answers", () => {
    const cache = new RegisterCache(MAX_AGE_MS);
    cache.put(holding(0, 4), words(1, 2, 3, 4), 0);
    cache.put(holding(2, 4), words(30, 40, 50, 60), 10);
    expect(cache.take(holding(2, 2), 20)).toEqual(words(30, 40));
    expect(cache.take(holding(0, 2), 20)).toEqual(words(1, 2));
    expect(cache.take(holding(0, 6), 20)).toBe(null);
    // An answer that came late does not go before a younger one.
    cache.put(holding(0, 4), words(7, 7, 7, 7), 5);
    expect(cache.take(holding(2, 1), 20)).toEqual(words(30));
  });

  it("is of its unit and its table alone, and gone once the unit is written to", () => {
    const cache = new RegisterCache(MAX_AGE_MS);
    cache.put(holding(0, 1), words(1), 0);
    cache.put(holding(0, 1, 2), words(2), 0);
    const input = readRequest({ unitId: 1, table: "input", from: 0, count: 1 });
    expect(cache.take(input, 0)).toBe(null);
    cache.forget(1);
    expect(cache.take(holding(0, 1), 0)).toBe(null);
    expect(cache.take(holding(0, 1, 2), 0)).toEqual(words(2));
  });

  it("gives bits from any place among them", () => {
    const cache = new RegisterCache(MAX_AGE_MS);
    cache.put(coils(0, 16), Buffer.from([0b1010_0110, 0b0000_0001]), 0);
    expect(cache.take(coils(1, 2), 0)).toEqual(Buffer.from([0b11]));
    expect(cache.take(coils(5, 4), 0)).toEqual(Buffer.from([0b1101]));
  });

  it("keeps no more than so many answers of a table", () => {
    const cache = new RegisterCache(MAX_AGE_MS);
    for (let from = 0; from < 100; from++) cache.put(holding(from, 1), words(from), 0);
    expect(cache.take(holding(0, 1), 0)).toBe(null);
    expect(cache.take(holding(99, 1), 0)).toEqual(words(99));
  });
});
