import type { Gap } from "@headgate/model";

/** Adds a gap; one that touches it, of the same epoch and reason, becomes one with it. */
export function withGap(gaps: readonly Gap[], gap: Gap): Gap[] {
  const isSame = (other: Gap) =>
    other.stream === gap.stream &&
    other.epoch === gap.epoch &&
    other.reason === gap.reason &&
    other.last + 1 >= gap.first &&
    gap.last + 1 >= other.first;
  const touching = gaps.filter(isSame);
  const merged = touching.reduce(mergedGap, gap);
  const kept = [...gaps.filter((other) => !isSame(other)), merged];
  return kept.sort((one, other) => one.first - other.first);
}

function mergedGap(one: Gap, other: Gap): Gap {
  const dated = [one, other].filter((gap) => gap.fromMs !== 0 || gap.toMs !== 0);
  return {
    ...one,
    first: Math.min(one.first, other.first),
    last: Math.max(one.last, other.last),
    sampleCount: one.sampleCount + other.sampleCount,
    fromMs: dated.length === 0 ? 0 : Math.min(...dated.map((gap) => gap.fromMs)),
    toMs: dated.length === 0 ? 0 : Math.max(...dated.map((gap) => gap.toMs)),
  };
}
