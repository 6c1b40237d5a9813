/** The stretch of time that is looked at. */
export interface TrendSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const HOUR_MS = 3_600_000;
/** What one may choose, by the names of their texts. */
export const SPANS = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 30 * 24 * HOUR_MS,
} as const;
export type SpanName = keyof typeof SPANS;

const SPAN_MS_MIN = 10_000;
const SPAN_MS_MAX = 400 * 24 * HOUR_MS;

/** By a share of what is seen: -0.5 is half of it back. Never beyond now. */
export function panned({ fromMs, toMs }: TrendSpan, share: number, nowMs: number): TrendSpan {
  const byMs = Math.min(share * (toMs - fromMs), nowMs - toMs);
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** Nearer (a factor below 1) or further, about a place: 0 is the left edge, 1 the right one. */
export function zoomed(span: TrendSpan, factor: number, at: number, nowMs: number): TrendSpan {
  const wasMs = span.toMs - span.fromMs;
  const spanMs = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, wasMs * factor));
  const fromMs = span.fromMs + at * (wasMs - spanMs);
  return panned({ fromMs, toMs: fromMs + spanMs }, 0, nowMs);
}

/** How often what is looked at is worth asking for anew. */
export function refreshMs({ fromMs, toMs }: TrendSpan): number {
  return Math.min(300_000, Math.max(5_000, (toMs - fromMs) / 400));
}
