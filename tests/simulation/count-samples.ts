import type { ReceivedEpoch } from "@headgate/sync/receiver";
import type { Facts } from "./facts.ts";
import type { StoredBlocks } from "./stored-blocks.ts";

/**
 * Where the counts that gaps and thinned ranges tell are not those of what was committed and is not
 * there. Left out are epochs in which something was lost that nobody counted: numbers that expired
 * or never reached the disk, and disks that went back in time.
 */
export function countsOf(
  facts: Facts,
  epochs: readonly ReceivedEpoch[],
  stored: StoredBlocks,
): string[] {
  return epochs.flatMap((epoch) => {
    const isCounted = ({ reason }: { reason: string }) =>
      reason !== "expired" && reason !== "disk-full";
    if (!epoch.gaps.every(isCounted)) return [];
    let committed = 0;
    for (const fact of facts.inEpoch(epoch.epoch)) {
      if (fact.isVoid) return [];
      committed += fact.samples.length;
    }
    const known = facts.requiredHeads().has(epoch.epoch);
    if (!known || epoch.conflictCount > 0) return [];
    const { gaps, thinned, sampleCount } = epoch;
    const gone = gaps.reduce((sum, gap) => sum + gap.sampleCount, 0);
    const told = sampleCount + thinned.sampleCount + gone;
    const kept = [...stored].reduce((sum, [key, samples]) => {
      return key.startsWith(`${epoch.epoch}/`) ? sum + samples.size : sum;
    }, 0);
    const parts = `stored ${sampleCount}, thinned ${thinned.sampleCount}, gone ${gone}`;
    const text = `${epoch.epoch}: ${parts}`;
    if (kept !== sampleCount) return [`${text}, but ${kept} samples are there`];
    return told === committed ? [] : [`${text}, but ${committed} were committed`];
  });
}
