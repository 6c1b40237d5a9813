import type { Block, Context, PointList, Sample, UplinkPort } from "@headgate/model";
import { silentLog, systemClock } from "@headgate/model";
import type { ReadyMadeBuffer } from "@headgate/model/testing";
import { BlockBuilder, deflated, hashOf, pointListOf } from "@headgate/sync/block";

export const AT = 1_767_225_600_000;

/** Points of ten meters, `meter-3/p7`. */
export function pointListOfSize(count: number): PointList {
  return pointListOf(Array.from({ length: count }, (_, i) => `meter-${i % 10}/p${i}`));
}

/** A block of `samplesPerPoint` samples of every point, one second apart from `seq` on. */
export function madeBlock(list: PointList, seq: number, samplesPerPoint = 1): Block {
  const builder = new BlockBuilder();
  for (let round = 0; round < samplesPerPoint; round++) {
    for (const [index, pointId] of list.pointIds.entries()) {
      const timestampMs = AT + 1000 * (seq * samplesPerPoint + round);
      const value = Math.round(1000 * Math.sin(seq + index + round)) / 10;
      const sample: Sample = { pointId, timestampMs, quality: "good", value };
      builder.add(sample, index);
    }
  }
  const { packed, sampleCount, fromMs, toMs } = builder.seal();
  const body = deflated(packed);
  const head = { kind: "data", stream: "main", epoch: "main-epoch-1", seq } as const;
  const hashes = { schemaHash: list.hash, hash: hashOf(body) };
  return { ...head, ...hashes, sampleCount, fromMs, toMs, body };
}

/** What a gateway lends an uplink, over a memory buffer. */
export function portOf(buffer: ReadyMadeBuffer, gatewayId = "g-1", uplinkId = "cloud"): UplinkPort {
  return {
    gatewayId,
    uplinkId,
    standing: () => buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
    pointList: (hash) => buffer.pointList(hash),
    async hashOf({ stream, epoch, seq }) {
      const range = { stream, epoch, first: seq, last: seq };
      const [entry] = await buffer.read(range, { blocksMax: 1, bytesMax: 1 });
      return entry && "seq" in entry ? entry.hash : null;
    },
  };
}

/** Real time, no log. */
export function contextOf(signal: AbortSignal): Context {
  return { clock: systemClock, log: silentLog, signal, directory: "/nonexistent" };
}
