import type { Block, Entry, Gap, ReadLimits } from "@headgate/model";
import { extentOf } from "@headgate/model";

/**
 * Blocks and gaps in one ascending list within the limits; at least one entry if there is any.
 * If `isComplete` is false, more blocks follow the last: nothing may be given beyond it.
 */
export function mergeEntries(
  blocks: readonly Block[],
  gaps: readonly Gap[],
  { isComplete, blocksMax, bytesMax }: ReadLimits & { readonly isComplete: boolean },
): Entry[] {
  const end = isComplete ? Number.POSITIVE_INFINITY : (blocks.at(-1)?.seq ?? 0);
  const within = gaps.filter((gap) => gap.first <= end);
  const all: Entry[] = [...blocks, ...within];
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
