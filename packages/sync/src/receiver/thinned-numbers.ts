import type { Seq, Thinned } from "@headgate/model";
import type { DecodedThinned } from "../block/thinned-body.ts";
import { differenceOf, type Spans } from "../ranges.ts";

/** What a store holds of one number of a thinned entry. */
export interface ThinnedNumber {
  readonly seq: Seq;
  /** Samples of the block that are kept exactly, and those that are gone. */
  readonly keptCount: number;
  readonly goneCount: number;
  /** Of the kept ones; 0 and 0 where there are none. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The numbers of an entry of which nothing is held yet: what came first stays. */
export function openNumbersOf(
  { first, last }: Pick<Thinned, "first" | "last">,
  { stored, thinned }: { readonly stored: Spans; readonly thinned: Spans },
): Spans {
  return differenceOf(differenceOf([{ first, last }], stored), thinned);
}

/** What is to be held of each number of `open`. */
export function thinnedNumbersOf(
  { first }: Pick<Thinned, "first">,
  { counts, kept, keptOffsets }: DecodedThinned,
  open: Spans,
): ThinnedNumber[] {
  const keptCounts = new Uint32Array(counts.length);
  const times = { from: new Float64Array(counts.length), to: new Float64Array(counts.length) };
  keptOffsets.forEach((offset, at) => {
    const t = kept.timestampsMs[at] as number;
    const isFirst = keptCounts[offset] === 0;
    times.from[offset] = isFirst ? t : Math.min(t, times.from[offset] as number);
    times.to[offset] = isFirst ? t : Math.max(t, times.to[offset] as number);
    keptCounts[offset] = (keptCounts[offset] as number) + 1;
  });
  const numbers: ThinnedNumber[] = [];
  for (const span of open) {
    for (let seq = span.first; seq <= span.last; seq++) {
      const at = seq - first;
      const keptCount = keptCounts[at] as number;
      const goneCount = (counts[at] as number) - keptCount;
      const [fromMs, toMs] = [times.from[at] as number, times.to[at] as number];
      numbers.push({ seq, keptCount, goneCount, fromMs, toMs });
    }
  }
  return numbers;
}
