/** A time in which samples were recorded. */
export interface RecordedSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The same, sorted and apart: those of a clock that was set lie over each other. */
export function joined(spans: readonly RecordedSpan[]): RecordedSpan[] {
  const apart: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = apart.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else apart.push({ fromMs, toMs });
  }
  return apart;
}
