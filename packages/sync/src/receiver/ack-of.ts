import type { Ack } from "../protocol/messages.ts";
import { PROTOCOL_VERSION } from "../protocol/wire-code.ts";
import { type Spans, spanAt } from "../ranges.ts";
import type { EpochStanding } from "./store.ts";

/** Epochs told of in one ack: the newest; older ones were acknowledged long ago. */
export const ACK_EPOCHS_MAX = 32;
/** Ranges beyond the contiguous end. What is left out is told once holes have closed. */
const SACK_RANGES_MAX = 128;

/** Who acknowledges: the receiver, the life of its store, and when. */
export interface Acknowledger {
  readonly receiverId: string;
  readonly incarnation: string;
  readonly nowMs: number;
  /** What it asks the gateway to stay under. */
  readonly limits?: Ack["lim"];
}

/** The whole truth of what is kept of one gateway; idempotent, so a lost ack costs nothing. */
export function ackOf(
  standing: readonly EpochStanding[],
  { receiverId, incarnation, nowMs, limits }: Acknowledger,
): Ack {
  return {
    v: PROTOCOL_VERSION,
    c: receiverId,
    inc: incarnation,
    at: nowMs,
    streams: standing
      .slice(0, ACK_EPOCHS_MAX)
      .map(({ stream, epoch, covered, lastHash, fork }) => ({
        st: stream,
        ep: epoch,
        w: contiguousEnd(covered),
        sack: sackOf(covered),
        max: covered.at(-1)?.last ?? 0,
        ...(lastHash === undefined ? {} : { h: lastHash }),
        ...(fork === undefined ? {} : { fork }),
      })),
    ...(limits === undefined ? {} : { lim: limits }),
  };
}

/** All of 1 to this number is covered; 0 if 1 is not. */
export function contiguousEnd(covered: Spans): number {
  return spanAt(covered, 1)?.last ?? 0;
}

/** The lowest ranges, for the contiguous end to move, and the highest, which are the live ones. */
function sackOf(covered: Spans): [number, number][] {
  const beyond = covered.filter(({ first }) => first > 1);
  const half = SACK_RANGES_MAX / 2;
  const told =
    beyond.length <= SACK_RANGES_MAX ? beyond : [...beyond.slice(0, half), ...beyond.slice(-half)];
  return told.map(({ first, last }) => [first, last]);
}
