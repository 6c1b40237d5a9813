import {
  type Block,
  type Entry,
  extentOf,
  type Gap,
  type ReadLimits,
  type Thinned,
} from "@headgate/model";

interface Found extends ReadLimits {
  readonly blocks: readonly Block[];
  readonly thinned?: readonly Thinned[];
  readonly gaps: readonly Gap[];
  /** If false, more follows the last of `blocks` and `thinned`: nothing may be given beyond. */
  readonly isComplete: boolean;
}

/** All that was found in one ascending list within the limits; at least one if there is any. */
export function mergeEntries(found: Found): Entry[] {
  const { blocks, thinned = [], gaps, isComplete, blocksMax, bytesMax } = found;
  const end = isComplete
    ? Number.POSITIVE_INFINITY
    : Math.max(blocks.at(-1)?.seq ?? 0, thinned.at(-1)?.last ?? 0);
  const within = gaps.filter((gap) => gap.first <= end);
  const all: Entry[] = [...blocks, ...thinned, ...within];
  all.sort((one, other) => extentOf(one).first - extentOf(other).first);
  const taken: Entry[] = [];
  let bytes = 0;
  for (const entry of all) {
    bytes += entry.kind === "gap" ? 0 : entry.body.length;
    const isFull = taken.length >= blocksMax || bytes > bytesMax;
    if (isFull && taken.length > 0) break;
    taken.push(entry);
  }
  return taken;
}
