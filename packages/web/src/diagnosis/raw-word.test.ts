import { expect, test } from "vitest";
import { rawWord } from "./raw-word.ts";

test.each([
  [0x4366, { hex: "4366", unsigned: 17254, signed: 17254, ascii: "Cf" }],
  [0xd70a, { hex: "D70A", unsigned: 55050, signed: -10486, ascii: "··" }],
  [0, { hex: "0000", unsigned: 0, signed: 0, ascii: "··" }],
])("register %i", (word, told) => {
  expect(rawWord(word)).toEqual(told);
});
