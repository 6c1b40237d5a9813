import { expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";
import { durationMs, formatDuration, sizeBytes } from "./quantity.ts";

it.each([
  ["500 ms", 500],
  ["1 s", 1_000],
  ["1.5s", 1_500],
  ["5 min", 300_000],
  ["1 h", 3_600_000],
  ["7 d", 604_800_000],
  ["5 m", null],
  ["5", null],
  ["-1 s", null],
  ["1 s 5 ms", null],
  ["1 constructor", null],
])("%s is %s ms", (text, ms) => expect(durationMs(text)).toBe(ms));

it.each([
  ["2 GiB", 2 ** 31],
  ["500 MB", 5e8],
  ["2 gib", null],
  ["2", null],
])("%s is %s bytes", (text, bytes) => expect(sizeBytes(text)).toBe(bytes));

it("writes a duration the shortest way", () => {
  expect([10, 90_000, 300_000, 604_800_000].map(formatDuration)).toEqual([
    "10 ms",
    "90 s",
    "5 min",
    "7 d",
  ]);
});

it.each([
  ["scan", "scan", 0],
  ["adress", "address", 1],
  ["flaot", "float", 1],
  ["", "abc", 3],
  ["kitten", "sitting", 3],
])("from %s to %s it is %i edits", (from, to, edits) => expect(editDistance(from, to)).toBe(edits));

it("finds what was meant, or nothing", () => {
  const keys = ["baudRate", "parity", "path", "host"];
  expect(nearest("baud-rate", keys)).toBe("baudRate");
  expect(nearest("baud", keys)).toBe("baudRate");
  expect(nearest("partiy", keys)).toBe("parity");
  expect(nearest("colour", keys)).toBeNull();
  expect(nearest("c", ["a", "b"])).toBeNull();
});
