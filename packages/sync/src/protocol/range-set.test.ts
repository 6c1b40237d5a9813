import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RangeSet } from "./range-set.ts";

const step = fc.record({
  isAdd: fc.boolean(),
  first: fc.integer({ min: 1, max: 60 }),
  length: fc.integer({ min: 0, max: 12 }),
});
const MAX = 80;
const numbersOf = (set: RangeSet) =>
  set.ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );

describe("a range set", () => {
  it("holds what a plain set holds, merged and ascending", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 10 }), (a, b) => {
        const [set, plain] = built(a);
        const [other, otherPlain] = built(b);
        const ascending = (numbers: Set<number>) => [...numbers].sort((x, y) => x - y);
        expect(numbersOf(set)).toEqual(ascending(plain));
        for (let n = 0; n < MAX; n++) {
          expect(set.covers(n, n)).toBe(plain.has(n));
          const above = ascending(plain).find((x) => x >= n);
          const found = set.atOrAbove(n);
          expect(found && Math.max(n, found[0])).toBe(above);
          const below = ascending(plain).findLast((x) => x <= n);
          const lower = set.atOrBelow(n);
          expect(lower && Math.min(n, lower[1])).toBe(below);
        }
        for (const [index, range] of set.ranges.entries()) {
          const next = set.ranges[index + 1];
          if (next) expect(next[0]).toBeGreaterThan(range[1] + 1);
        }
        const both = ascending(plain).filter((n) => otherPlain.has(n));
        expect(numbersOf(set.intersect(other))).toEqual(both);
      }),
    );
  });
});

function built(steps: { isAdd: boolean; first: number; length: number }[]) {
  const set = new RangeSet();
  const plain = new Set<number>();
  for (const { isAdd, first, length } of steps) {
    if (isAdd) set.add(first, first + length);
    else set.remove(first, first + length);
    for (let n = first; n <= first + length; n++) isAdd ? plain.add(n) : plain.delete(n);
  }
  return [set, plain] as const;
}
