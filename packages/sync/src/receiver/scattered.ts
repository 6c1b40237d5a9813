import { type Span, type Spans, spanUpTo } from "../ranges.ts";

/** Ranges that an epoch may fall into: each commit writes them all down. */
export const RANGES_MAX = 20_000;

/** Why one more range is not kept; null where it joins one that is there, or there is room. */
export function whyScattered(covered: Spans, { first, last }: Span, max: number): string | null {
  if (covered.length < max) return null;
  const below = spanUpTo(covered, last + 1);
  if (below !== undefined && below.last >= first - 1) return null;
  return `its epoch lies in ${covered.length} ranges: the holes between them come first`;
}
