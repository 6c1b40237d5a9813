import { type Span, type Spans, spansOf } from "../../ranges.ts";

/** Spans as PostgreSQL writes an `int8multirange`: `{[1,5),[7,8)}`. */
export function multirangeOf(spans: Spans): string {
  return `{${spans.map(({ first, last }) => `[${first},${last + 1})`).join(",")}}`;
}

/** Reads what PostgreSQL gives for an `int8multirange`: always with an open upper end. */
export function spansOfMultirange(text: string): Span[] {
  const spans = [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, low, high]) => {
    return { first: Number(low), last: Number(high) - 1 };
  });
  return spansOf(spans);
}
