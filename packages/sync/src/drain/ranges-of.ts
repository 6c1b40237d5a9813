import { type BlockRange, type Entry, extentOf } from "@headgate/model";

/** What the entries cover, neighbours merged. */
export function rangesOf(entries: readonly Entry[]): BlockRange[] {
  const ranges: BlockRange[] = [];
  for (const entry of entries) {
    const { stream, epoch } = entry;
    const { first, last } = extentOf(entry);
    const latest = ranges.at(-1);
    if (latest && latest.last + 1 === first) ranges[ranges.length - 1] = { ...latest, last };
    else ranges.push({ stream, epoch, first, last });
  }
  return ranges;
}
