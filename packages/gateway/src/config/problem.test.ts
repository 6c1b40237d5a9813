import { expect, it } from "vitest";
import { inWords } from "./problem.ts";

const shown = (found: string, hide: readonly string[]) => {
  const params = { expected: "@number", found: JSON.stringify(found) };
  const finding = { code: "wrong-type", path: ["channels"], at: "value", params } as const;
  const { message, hint } = inWords(
    finding,
    { line: 1, column: 1, length: 1 },
    { lang: "en", hide },
  );
  return message + hint;
};

it.each([
  ["a plain secret", "hunter2", ["hunter2"]],
  ["one with quotes and backslashes", 'hun"ter\\2', ['hun"ter\\2']],
  ["one that begins with another", "hunter2-long", ["hunter2", "hunter2-long"]],
])("shows nothing of %s", (_, found, hide) => {
  const text = shown(found, hide);
  expect(text).toContain("***");
  expect(text).not.toMatch(/hun|ter|long/);
});
