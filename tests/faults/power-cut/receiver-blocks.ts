import type { PointList, Sample, Stream } from "@headgate/model";
import { BlockBuilder, deflated, encodeMediaBody, hashOf, pointListOf } from "@headgate/sync/block";
import type { Arrival } from "@headgate/sync/receiver";

export const GATEWAYS: readonly string[] = ["north", "south"];
export const STREAMS: readonly Stream[] = ["main", "media"];

/** The points of every gateway. */
export const LIST: PointList = pointListOf(["m/p0", "m/p1", "m/p2", "m/p3", "m/p4"]);

const ROUNDS = 12;
/** How many samples a block of stream `main` has. */
export const SAMPLES_PER_BLOCK = ROUNDS * LIST.pointIds.length;

/** The only epoch of a gateway's stream. */
export function epochOf(gatewayId: string, stream: Stream): string {
  return `${gatewayId}-${stream}`;
}

/** The value of a sample says which it is. */
export function numberOf(seq: number, index: number): number {
  return seq * 1000 + index;
}

/** Block `seq`, the same whenever it is made. */
export function arrivalOf(gatewayId: string, stream: Stream, seq: number): Arrival {
  const head = { stream, epoch: epochOf(gatewayId, stream), seq };
  const times = { fromMs: seq, toMs: seq };
  if (stream === "media") {
    const bytes = pictureOf(seq);
    const about = { name: `cam/a/${seq}.jpg`, contentType: "image/jpeg", pointId: "cam/a" };
    const body = encodeMediaBody({ ...about, timestampMs: seq, bytes });
    const rest = { ...times, sampleCount: 1, schemaHash: "", hash: hashOf(body), body };
    return { gatewayId, entry: { kind: "media", ...head, ...rest } };
  }
  const builder = new BlockBuilder();
  for (const [index, pointId] of LIST.pointIds.entries()) {
    for (let round = 0; round < ROUNDS; round++) {
      const value = numberOf(seq, index * ROUNDS + round);
      const sample: Sample = { pointId, timestampMs: seq, quality: "good", value };
      builder.add(sample, index);
    }
  }
  const { packed, ...counts } = builder.seal();
  const body = deflated(packed);
  const rest = { ...counts, schemaHash: LIST.hash, hash: hashOf(body), body };
  return { gatewayId, entry: { kind: "data", ...head, ...rest } };
}

/** Bytes of picture `seq`. */
export function pictureOf(seq: number): Uint8Array {
  return new TextEncoder().encode(`picture ${seq} `.repeat(1 + (seq % 400)));
}
