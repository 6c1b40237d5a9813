import type { BufferSummary } from "@headgate/gateway/api-types";

/** Below this many blocks nothing can be foretold. */
const BLOCKS_MIN = 20;

/**
 * How long the buffer could keep every sample if no uplink took anything from now on, by what a
 * block takes and how often one is written; null where too little is known.
 */
export function spaceLeftMs(
  { fills, streams }: Pick<BufferSummary, "fills" | "streams">,
  blocksPerSecond: number,
): number | null {
  const fill = fills.find(({ stream }) => stream === "main");
  const range = streams.find(({ stream }) => stream === "main");
  if (!fill || !range || blocksPerSecond <= 0) return null;
  const blocks = range.headSeq - range.tailSeq + 1;
  if (blocks < BLOCKS_MIN || fill.usedBytes <= 0) return null;
  const roomBytes = fill.capacityBytesMax - (fill.usedBytes - fill.ackedBytes);
  return (Math.max(0, roomBytes) / ((fill.usedBytes / blocks) * blocksPerSecond)) * 1000;
}
