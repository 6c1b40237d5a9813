import { type Barrier, isCrossing, type ReadRequest, requestFor } from "./plan-reads.ts";

/**
 * The smallest request of whole points that reaches across the seam of two halves; null if what is
 * known already forbids it.
 */
export function joinOf(
  lower: ReadRequest,
  upper: ReadRequest,
  barriers: readonly Barrier[],
): ReadRequest | null {
  const last = lower.wanted.reduce((best, point) =>
    point.from + point.count >= best.from + best.count ? point : best,
  );
  const first = upper.wanted[0];
  if (!first) return null;
  const join = requestFor(last.from <= first.from ? [last, first] : [first, last]);
  return isSpoilt(join, barriers) ? null : join;
}

/** Whether a known barrier lies in it: then its refusal says nothing new. */
export function isSpoilt({ table, from, count }: ReadRequest, barriers: readonly Barrier[]) {
  return barriers.some((one) => one.table === table && isCrossing(one, from, from + count));
}

/** The part of `whole` from its start whose length is nearest the middle of what is unknown. */
export function lengthBetween(
  whole: ReadRequest,
  acceptedMax: number,
  countMax: number,
): ReadRequest | null {
  const middle = (acceptedMax + countMax + 1) / 2;
  let best: ReadRequest | null = null;
  for (let length = 1; length <= whole.wanted.length; length++) {
    const part = requestFor(whole.wanted.slice(0, length));
    if (part.count <= acceptedMax || part.count > countMax) continue;
    if (best === null || Math.abs(part.count - middle) < Math.abs(best.count - middle)) best = part;
  }
  return best;
}
