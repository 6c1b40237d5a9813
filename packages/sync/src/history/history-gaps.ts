import type { HistoryGap } from "./history-messages.ts";
import type { RecordedSpan } from "./recorded-span.ts";
import type { Rollup } from "./rollup.ts";
import { Quality, type SampleColumns } from "./sample-columns.ts";

/** What tells a gap from a pause. */
export interface GapRules {
  readonly fromMs: number;
  readonly toMs: number;
  readonly silentMs: number | null;
  /** Sorted, apart from each other. */
  readonly recorded: readonly RecordedSpan[];
}

/** Finds what lies between times at which a value was known. */
class GapFinder {
  readonly gaps: HistoryGap[] = [];
  readonly #rules: GapRules;
  #knownMs: number;
  #badMs: number | null = null;

  constructor(rules: GapRules) {
    this.#rules = rules;
    this.#knownMs = rules.fromMs;
  }

  /** A value is known from here to there. */
  known(fromMs: number, toMs: number): void {
    this.#close(fromMs);
    this.#knownMs = Math.max(this.#knownMs, toMs);
  }

  bad(atMs: number): void {
    if (this.#badMs !== null) return;
    this.#between(this.#knownMs, atMs);
    this.#badMs = atMs;
  }

  end(): readonly HistoryGap[] {
    this.#close(this.#rules.toMs);
    return this.gaps;
  }

  #close(atMs: number): void {
    if (this.#badMs === null) this.#between(this.#knownMs, atMs);
    else this.#tell(this.#badMs, atMs, "bad");
    this.#badMs = null;
  }

  #between(fromMs: number, toMs: number): void {
    const { silentMs, recorded } = this.#rules;
    const isLong = silentMs !== null && toMs - fromMs > silentMs;
    const off = unrecorded({ fromMs, toMs }, recorded);
    if (off === null) {
      if (isLong) this.#tell(fromMs, toMs, "silent");
    } else if (isLong || silentMs === null) {
      this.#tell(isLong ? fromMs : off.fromMs, toMs, "off");
    }
  }

  #tell(fromMs: number, toMs: number, why: HistoryGap["why"]): void {
    if (toMs > fromMs) this.gaps.push({ fromMs, toMs, why });
  }
}

/** The first stretch in which nothing was recorded; null where there is none. */
function unrecorded(span: RecordedSpan, recorded: readonly RecordedSpan[]): RecordedSpan | null {
  let { fromMs } = span;
  for (const run of recorded) {
    if (run.toMs <= fromMs) continue;
    if (run.fromMs > fromMs) return { fromMs, toMs: Math.min(run.fromMs, span.toMs) };
    fromMs = run.toMs;
    if (fromMs >= span.toMs) return null;
  }
  return fromMs < span.toMs ? { fromMs, toMs: span.toMs } : null;
}

/** Gaps among samples, which are sorted. */
export function gapsOfSamples(samples: SampleColumns, rules: GapRules): readonly HistoryGap[] {
  const finder = new GapFinder(rules);
  for (let index = 0; index < samples.count; index++) {
    const atMs = samples.timesMs[index] as number;
    if (samples.qualities[index] === Quality.bad) finder.bad(atMs);
    else finder.known(atMs, atMs);
  }
  return finder.end();
}

/** Gaps among stretches of `widthMs`: no more exact than they are. */
export function gapsOfRollups(
  rollups: readonly Rollup[],
  widthMs: number,
  rules: GapRules,
): readonly HistoryGap[] {
  const finder = new GapFinder(rules);
  for (const { atMs, count, badCount } of rollups) {
    if (count > 0) finder.known(atMs, atMs + widthMs);
    else if (badCount > 0) finder.bad(atMs);
  }
  return finder.end();
}
