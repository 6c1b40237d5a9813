import fc from "fast-check";
import { expect, test } from "vitest";
import {
  countOf,
  covers,
  differenceOf,
  intersectionOf,
  type Span,
  spanAt,
  spanFrom,
  spansByEpoch,
  spansOf,
  spanUpTo,
  unionOf,
} from "./ranges.ts";

const anySpans = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6 })))
  .map((pairs) => spansOf(pairs.map(([first, length]) => ({ first, last: first + length }))));

function numbersOf(spans: readonly Span[]): Set<number> {
  const numbers = new Set<number>();
  for (const { first, last } of spans) for (let seq = first; seq <= last; seq++) numbers.add(seq);
  return numbers;
}

function expectNormal(spans: readonly Span[]): void {
  expect(spansOf(spans)).toEqual(spans);
}

test("the span at, above or below a number is found", () => {
  fc.assert(
    fc.property(anySpans, fc.integer({ min: 0, max: 60 }), (spans, seq) => {
      const numbers = [...numbersOf(spans)];
      const above = spanFrom(spans, seq);
      const below = spanUpTo(spans, seq);
      const next = numbers.filter((number) => number >= seq);
      const previous = numbers.filter((number) => number <= seq);
      expect(above && Math.max(above.first, seq)).toBe(next.length ? Math.min(...next) : undefined);
      const highest = previous.length ? Math.max(...previous) : undefined;
      expect(below && Math.min(below.last, seq)).toBe(highest);
      expect(countOf(spans)).toBe(numbers.length);
    }),
  );
});

test("spans are the sets they stand for", () => {
  fc.assert(
    fc.property(anySpans, anySpans, (one, other) => {
      const first = numbersOf(one);
      const second = numbersOf(other);
      const union = unionOf(one, other);
      const common = intersectionOf(one, other);
      const left = differenceOf(one, other);
      for (const spans of [union, common, left]) expectNormal(spans);
      expect(numbersOf(union)).toEqual(new Set([...first, ...second]));
      expect(numbersOf(common)).toEqual(new Set([...first].filter((seq) => second.has(seq))));
      expect(numbersOf(left)).toEqual(new Set([...first].filter((seq) => !second.has(seq))));
    }),
  );
});

test("a number is found exactly where it is", () => {
  fc.assert(
    fc.property(anySpans, fc.integer({ min: 0, max: 50 }), (spans, seq) => {
      expect(spanAt(spans, seq) !== undefined).toBe(numbersOf(spans).has(seq));
      expect(covers(spans, seq, seq)).toBe(numbersOf(spans).has(seq));
    }),
  );
});

test("spans that touch become one, empty ones vanish", () => {
  const spans = [
    { first: 5, last: 6 },
    { first: 1, last: 2 },
    { first: 3, last: 4 },
    { first: 9, last: 8 },
  ];
  expect(spansOf(spans)).toEqual([{ first: 1, last: 6 }]);
  expect(covers(spansOf(spans), 2, 5)).toBe(true);
  expect(covers(spansOf(spans), 2, 7)).toBe(false);
});

test("ranges are grouped by stream and epoch", () => {
  const groups = spansByEpoch([
    { stream: "main", epoch: "a", first: 4, last: 5 },
    { stream: "media", epoch: "a", first: 1, last: 1 },
    { stream: "main", epoch: "a", first: 1, last: 3 },
  ]);
  expect(groups.get("main/a")?.spans).toEqual([{ first: 1, last: 5 }]);
  expect(groups.get("media/a")?.spans).toEqual([{ first: 1, last: 1 }]);
});
