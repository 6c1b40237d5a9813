import { expect, test } from "vitest";
import { whyScattered } from "./scattered.ts";

const covered = [
  { first: 1, last: 3 },
  { first: 7, last: 7 },
];

test.each([
  [{ first: 5, last: 5 }, false],
  [{ first: 9, last: 12 }, false],
  [{ first: 4, last: 4 }, true],
  [{ first: 5, last: 6 }, true],
  [{ first: 2, last: 3 }, true],
  [{ first: 8, last: 9 }, true],
  [{ first: 1, last: 20 }, true],
])("of an epoch that lies in as many ranges as it may, %j is kept: %s", (span, isKept) => {
  expect(whyScattered(covered, span, 2) === null).toBe(isKept);
  expect(whyScattered(covered, span, 3)).toBe(null);
});
