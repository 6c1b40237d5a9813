import type { Block, GapReason, Lane } from "@headgate/model";

/** Version of the protocol that this package speaks. */
export const PROTOCOL_VERSION = 1;

/** Numbers of the protobuf enum `Kind`. */
export const KIND_CODES = { data: 1, epoch: 2, media: 3, gap: 4, thinned: 5, clock: 6 } as const;
/** Numbers of the protobuf enum `Lane`. */
export const LANE_CODES: Readonly<Record<Lane, number>> = { l: 1, b: 2, r: 3 };
/** Numbers of the protobuf enum `Reason`. */
export const REASON_CODES: Readonly<Record<GapReason, number>> = {
  capacity: 1,
  damaged: 2,
  "disk-full": 3,
  quarantined: 4,
  expired: 5,
};

const REASONS = Object.keys(REASON_CODES);

/** Whether text from the wire is a reason for a gap. */
export function isGapReason(text: unknown): text is GapReason {
  return typeof text === "string" && REASONS.includes(text);
}

/** Whether text from the wire is a kind of block. */
export function isBlockKind(text: unknown): text is Block["kind"] {
  return text === "data" || text === "epoch" || text === "media" || text === "clock";
}

/** The key that has `code`, or undefined. */
export function keyOf<K extends string>(codes: Readonly<Record<K, number>>, code: number) {
  return (Object.keys(codes) as K[]).find((key) => codes[key] === code);
}
