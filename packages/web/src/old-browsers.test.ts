import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** What Chrome 90 and Safari 15.4 do not know, and the build does not replace. */
const TOO_NEW = [
  /\.(at|findLast|findLastIndex|toSorted|toReversed|toSpliced|with|groupBy)\(/,
  /\b(inert|structuredClone|Object\.hasOwn|Array\.fromAsync|AbortSignal\.(timeout|any))\b/,
  /\b(Promise|Map)\.(withResolvers|groupBy)\b/,
  /:has\(|@container|@layer|@scope|@starting-style|\bpopover\b|\bdvh\b|color-mix\(/,
  /timeZoneName: "(short|long)(Offset|Generic)"/,
];

test("the page asks nothing of a browser that old tablets lack", () => {
  const found = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|svelte|css)$/.test(path) && !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const text = readFileSync(join(import.meta.dirname, path), "utf8");
      return TOO_NEW.flatMap((pattern) => pattern.exec(text)?.[0] ?? []).map(
        (what) => `${path}: ${what}`,
      );
    });
  expect(found).toEqual([]);
});
