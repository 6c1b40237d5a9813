import { expect, it } from "vitest";
import { valueWord } from "./value-words.ts";

it.each([
  ["valve", "closed", "zh", "关"],
  ["valve", "closed", "en", "closed"],
  ["valve", "half", "zh", null],
  // A device's own text is its own.
  [null, "closed", "zh", null],
  ["valve", null, "zh", null],
] as const)("%s %s in %s is %s", (meaning, value, lang, word) => {
  expect(valueWord({ meaning, value }, lang)).toBe(word);
});
