/** Number of a block: gapless from 1 within an epoch, never reused. */
export type Seq = number;

/** An independent sequence of blocks in one gateway, with a quota of its own. */
export type Stream = SampleStream | "media";

/**
 * Of samples: those that come first, those that come as they are taken, and those that a device
 * remembered while its line was lost.
 */
export type SampleStream = "events" | "main" | "history";

/** All streams, in the order in which they are drained. */
export const STREAMS: readonly Stream[] = ["events", "main", "history", "media"];

/** Both ends included. */
export interface BlockRange {
  readonly stream: Stream;
  readonly epoch: string;
  readonly first: Seq;
  readonly last: Seq;
}

/** What a stretch of a stream holds: a block, what was kept of blocks, or that they are gone. */
export type Entry = Block | Thinned | Gap;

/**
 * An immutable, numbered group of samples: the unit of storage, retention, dedupe, acknowledgement
 * and resend. `(gateway, stream, epoch, seq)` names it for ever.
 */
export interface Block {
  readonly kind: "data" | "epoch" | "media" | "clock";
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: Seq;
  readonly sampleCount: number;
  /** Of the oldest and the newest sample, UTC; 0 and 0 where there is none. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Names the point list that the body's indexes refer to; "" where there are none. */
  readonly schemaHash: string;
  /** First 64 bits of SHA-256 over `body`, 16 hex digits. */
  readonly hash: string;
  /** Stored and sent untouched. Layout by kind: see `docs/block-format.md`. */
  readonly body: Uint8Array;
  /** How far the clock could be trusted that dated the samples; absent where it is not known. */
  readonly clock?: BlockClock;
}

/** By which clock a block's samples were dated, so that they can be dated again. */
export interface BlockClock {
  /** Names one run of the machine: 16 hex digits. */
  readonly bootId: string;
  /** Of that run, whole milliseconds, when the block was made. */
  readonly monotonicMs: number;
  /** Whether the time of day was known to be right. */
  readonly isSynced: boolean;
  /** How many steps of the time of day were seen before in this run. */
  readonly step: number;
}

/**
 * What was kept of the blocks of a range: minutes instead of samples, and what must stay exact.
 * It stands in their place under their own numbers, and is delivered and acknowledged like one.
 */
export interface Thinned {
  readonly kind: "thinned";
  readonly stream: Stream;
  readonly epoch: string;
  readonly first: Seq;
  readonly last: Seq;
  /** Samples that are gone, but for what the minutes tell of them. */
  readonly sampleCount: number;
  /** Samples kept exactly, under the block and index they had. */
  readonly keptCount: number;
  /** Of the oldest and the newest sample there was, UTC; 0 and 0 where there was none. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly schemaHash: string;
  /** First 64 bits of SHA-256 over `body`, 16 hex digits. */
  readonly hash: string;
  /** See `docs/block-format.md`. */
  readonly body: Uint8Array;
  /**
   * That of the last of its blocks. All of them were dated by one clock between two of its steps:
   * others are never thinned together, for their minutes are minutes of another time.
   */
  readonly clock?: BlockClock;
}

/** The delivered fact that a range is gone, and why. Acknowledged like a block. */
export interface Gap {
  readonly kind: "gap";
  readonly stream: Stream;
  readonly epoch: string;
  readonly first: Seq;
  readonly last: Seq;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: GapReason;
}

export type GapReason = "capacity" | "damaged" | "disk-full" | "quarantined" | "expired";

/** The point list of a configuration. A body says "point 7"; this says which that is. */
export interface PointList {
  /** First 64 bits of SHA-256 over the JSON of `pointIds`, 16 hex digits. */
  readonly hash: string;
  readonly pointIds: readonly string[];
}

/** The first and last number an entry covers. */
export function extentOf(entry: Pick<Block, "seq"> | Pick<Gap, "first" | "last">): {
  first: Seq;
  last: Seq;
} {
  if ("seq" in entry) return { first: entry.seq, last: entry.seq };
  return { first: entry.first, last: entry.last };
}
