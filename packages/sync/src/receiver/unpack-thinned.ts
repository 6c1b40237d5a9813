import type { Thinned } from "@headgate/model";
import { MalformedBlock } from "../block/format.ts";
import { hashOf } from "../block/hash.ts";
import { type DecodedThinned, decodeThinned } from "../block/thinned-body.ts";

/** Proves and unpacks a thinned entry; text says why it cannot be kept. */
export function unpackThinned(entry: Thinned): DecodedThinned | string {
  const { first, last, body, hash, sampleCount, keptCount } = entry;
  if (hashOf(body) !== hash) return "the body is not the one its hash names";
  try {
    const thinned = decodeThinned(body, last - first + 1);
    const kept = thinned.kept.sampleCount;
    const gone = thinned.counts.reduce((sum, count) => sum + count, 0) - kept;
    if (kept === keptCount && gone === sampleCount) return thinned;
    const announced = `${keptCount} and ${sampleCount} are announced`;
    return `the body holds ${kept} samples and counts ${gone} that are gone, ${announced}`;
  } catch (error) {
    if (error instanceof MalformedBlock) return error.message;
    throw error;
  }
}

/** The highest point index that a thinned body names; -1 where it names none. */
export function lastPointOf({ kept, minutes }: DecodedThinned): number {
  return Math.max(kept.columnPoints.at(-1) ?? -1, minutes.at(-1)?.pointIndex ?? -1);
}
