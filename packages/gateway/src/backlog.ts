import type { BlockRange, BufferStatus } from "@headgate/model";

/** What an uplink's far side has not taken yet. */
export interface Backlog {
  readonly blocks: number;
}

/** About how many bytes that is, by what all that is kept takes. */
export function backlogBytesOf({ epochs, usedBytes }: BufferStatus, { blocks }: Backlog): number {
  const kept = epochs.reduce((sum, { tailSeq, headSeq }) => sum + headSeq + 1 - tailSeq, 0);
  return kept > 0 ? (usedBytes * Math.min(blocks, kept)) / kept : 0;
}

/** Derived from heads and cursors, never stored. `held`: taken, and kept here for a while yet. */
export function backlogOf(
  status: BufferStatus,
  uplinkId: string,
  held: readonly BlockRange[] = [],
): Backlog {
  const taken = [...(status.cursors.get(uplinkId) ?? []), ...held];
  let blocks = 0;
  for (const { stream, epoch, tailSeq, headSeq } of status.epochs) {
    const ofEpoch = taken.filter((range) => range.stream === stream && range.epoch === epoch);
    let next = tailSeq;
    for (const { first, last } of ofEpoch.sort((one, other) => one.first - other.first)) {
      if (first > headSeq) break;
      blocks += Math.max(0, first - next);
      next = Math.max(next, last + 1);
    }
    blocks += Math.max(0, headSeq + 1 - next);
  }
  return { blocks };
}
