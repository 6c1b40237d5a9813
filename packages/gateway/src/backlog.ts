import type { BlockRange, BufferStatus } from "@headgate/model";

/** What an uplink's far side has not acknowledged yet. */
export interface Backlog {
  readonly blocks: number;
}

/** Derived from heads and cursors, never stored. */
export function backlogOf(status: BufferStatus, uplinkId: string): Backlog {
  const cursor = status.cursors.get(uplinkId) ?? [];
  let blocks = 0;
  for (const { stream, epoch, tailSeq, headSeq } of status.epochs) {
    if (headSeq < tailSeq) continue;
    const isOfEpoch = (range: BlockRange) => range.stream === stream && range.epoch === epoch;
    const acknowledged = cursor.filter(isOfEpoch).reduce((sum, range) => {
      const overlap = Math.min(range.last, headSeq) - Math.max(range.first, tailSeq) + 1;
      return sum + Math.max(0, overlap);
    }, 0);
    blocks += headSeq - tailSeq + 1 - acknowledged;
  }
  return { blocks };
}
