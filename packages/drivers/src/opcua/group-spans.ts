import type { HistorySpan } from "@headgate/model";
import type { Address, Device } from "./settings.ts";

/** A time of one point that is asked for. */
export type Span = HistorySpan<Address, Device>;

/** Spans that one request asks for, over one time that holds them all. */
export interface SpanGroup {
  readonly spans: readonly Span[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Together they ask for at most so much more than each wants. */
const stretchMax = 2;

/** One request has one time for all its nodes: spans of about the same time go together. */
export function groupSpans(spans: readonly Span[], size: number): SpanGroup[] {
  const groups: { spans: Span[]; fromMs: number; toMs: number }[] = [];
  for (const span of spans.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const group = groups.at(-1);
    const toMs = Math.max(group?.toMs ?? 0, span.toMs);
    const shortest = Math.min(
      ...[...(group?.spans ?? []), span].map((one) => one.toMs - one.fromMs),
    );
    const fits = group && group.spans.length < size && toMs - group.fromMs <= stretchMax * shortest;
    if (fits) {
      group.spans.push(span);
      group.toMs = toMs;
    } else groups.push({ spans: [span], fromMs: span.fromMs, toMs: span.toMs });
  }
  return groups;
}
