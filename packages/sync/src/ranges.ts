import type { BlockRange, Seq, Stream } from "@headgate/model";

/** Block numbers from `first` to `last`, both included. */
export interface Span {
  readonly first: Seq;
  readonly last: Seq;
}

/** Sorted, disjoint and not touching each other: what the functions here take and give. */
export type Spans = readonly Span[];

/** The numbers in either, merged. */
export function unionOf(one: Spans, other: Spans): Span[] {
  const only = other.length === 1 ? other[0] : undefined;
  return only ? withSpan(one, only) : spansOf([...one, ...other]);
}

/** Among however many: nothing is sorted anew for one more. */
function withSpan(spans: Spans, { first, last }: Span): Span[] {
  if (first > last) return [...spans];
  const from = indexAfter(spans, first - 1);
  let to = from;
  let merged: Span = { first, last };
  for (let next = spans[to]; next !== undefined && next.first <= last + 1; next = spans[++to]) {
    merged = { first: Math.min(merged.first, next.first), last: Math.max(merged.last, next.last) };
  }
  return [...spans.slice(0, from), merged, ...spans.slice(to)];
}

/** Any spans, sorted and merged. Empty ones (last before first) vanish. */
export function spansOf(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => span.first <= span.last);
  sorted.sort((one, other) => one.first - other.first);
  const merged: { first: Seq; last: Seq }[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else merged.push({ first, last });
  }
  return merged;
}

/** The numbers in both. */
export function intersectionOf(one: Spans, other: Spans): Span[] {
  const common: Span[] = [];
  let at = 0;
  for (const span of one) {
    while (at < other.length && (other[at] as Span).last < span.first) at++;
    for (let index = at; index < other.length; index++) {
      const second = other[index] as Span;
      if (second.first > span.last) break;
      const first = Math.max(span.first, second.first);
      common.push({ first, last: Math.min(span.last, second.last) });
    }
  }
  return common;
}

/** The numbers in `one` that are not in `other`. */
export function differenceOf(one: Spans, other: Spans): Span[] {
  const left: Span[] = [];
  for (const span of one) {
    let { first } = span;
    for (let index = indexAfter(other, first); index < other.length; index++) {
      const hole = other[index] as Span;
      if (hole.first > span.last) break;
      if (hole.first > first) left.push({ first, last: hole.first - 1 });
      first = hole.last + 1;
    }
    if (first <= span.last) left.push({ first, last: span.last });
  }
  return left;
}

/** Whether every number from `first` to `last` is in `spans`. */
export function covers(spans: Spans, first: Seq, last: Seq): boolean {
  const span = spans[indexAfter(spans, first)];
  return span !== undefined && span.first <= first && span.last >= last;
}

/** The span that holds `seq`, if one does. */
export function spanAt(spans: Spans, seq: Seq): Span | undefined {
  const span = spans[indexAfter(spans, seq)];
  return span && span.first <= seq ? span : undefined;
}

/** The span that holds `seq`, or else the next one above it. */
export function spanFrom(spans: Spans, seq: Seq): Span | undefined {
  return spans[indexAfter(spans, seq)];
}

/** The span that holds `seq`, or else the next one below it. */
export function spanUpTo(spans: Spans, seq: Seq): Span | undefined {
  const index = indexAfter(spans, seq);
  const span = spans[index];
  return span && span.first <= seq ? span : spans[index - 1];
}

/** How many numbers they hold. */
export function countOf(spans: Spans): number {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Index of the first span that ends at or after `seq`. */
function indexAfter(spans: Spans, seq: Seq): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span).last < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Block ranges by the stream and epoch they belong to. */
export function spansByEpoch(
  ranges: readonly BlockRange[],
): Map<string, { readonly stream: Stream; readonly epoch: string; readonly spans: Span[] }> {
  const groups = new Map<string, { stream: Stream; epoch: string; spans: Span[] }>();
  for (const { stream, epoch, first, last } of ranges) {
    const key = `${stream}/${epoch}`;
    const group = groups.get(key) ?? { stream, epoch, spans: [] };
    group.spans.push({ first, last });
    groups.set(key, group);
  }
  for (const group of groups.values()) group.spans = spansOf(group.spans);
  return groups;
}
