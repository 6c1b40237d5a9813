import { expect, test } from "vitest";
import { isShortage } from "./media-files.ts";

test.each([
  ["EMFILE", true],
  ["ENOMEM", true],
  ["ENOENT", false],
  ["EIO", false],
  ["", false],
])("a picture is %s: a shortage, %s", (code, expected) => {
  expect(isShortage(Object.assign(new Error("read"), { code }))).toBe(expected);
});
