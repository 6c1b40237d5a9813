import { expect, test } from "vitest";
import { wearOf, writtenIn } from "./disk-wear.ts";

test.each([
  ["0x01 0x01\n", "0x01\n", { usedPercentMin: 0, usedPercentMax: 10, reserve: "normal" }],
  ["0x01 0x02\n", "0x01\n", { usedPercentMin: 10, usedPercentMax: 20, reserve: "normal" }],
  ["0x0A 0x03\n", "0x02\n", { usedPercentMin: 90, usedPercentMax: 100, reserve: "warning" }],
  ["0x0b 0x01\n", "0x03\n", { usedPercentMin: 100, usedPercentMax: null, reserve: "urgent" }],
  // One kind of cells only.
  ["0x03 0x00\n", "0x00\n", { usedPercentMin: 20, usedPercentMax: 30, reserve: null }],
  ["0x03 0x00\n", null, { usedPercentMin: 20, usedPercentMax: 30, reserve: null }],
  // Nothing defined, nothing there, and what no disk says.
  ["0x00 0x00\n", "0x00\n", null],
  [null, "0x01\n", null],
  ["0xff 0x0c\n", "0x01\n", null],
  ["", "", null],
  ["none", "?", null],
])("life_time %j and pre_eol_info %j", (lifeTime, preEol, wear) => {
  expect(wearOf(lifeTime, preEol)).toEqual(wear);
});

test.each([
  ["rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n", 4096],
  ["write_bytes: 0\n", 0],
  ["cancelled_write_bytes: 7\n", null],
  ["", null],
  [null, null],
])("the bytes written by %j", (io, bytes) => {
  expect(writtenIn(io)).toBe(bytes);
});
