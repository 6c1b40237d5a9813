/** Number of a block: gapless from 1 within an epoch, never reused. */
export type Seq = number;

/** An independent sequence of blocks in one gateway. */
export type Stream = "main" | "media";

/** Both ends included. */
export interface BlockRange {
  readonly stream: Stream;
  readonly epoch: string;
  readonly first: Seq;
  readonly last: Seq;
}

/** What a stretch of a stream holds: a block, or the fact that blocks are gone. */
export type Entry = Block | Gap;

/**
 * An immutable, numbered group of samples: the unit of storage, retention, dedupe, acknowledgement
 * and resend. `(gateway, stream, epoch, seq)` names it for ever.
 */
export interface Block {
  readonly kind: "data" | "epoch" | "media";
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
export function extentOf(entry: Entry): { first: Seq; last: Seq } {
  return entry.kind === "gap" ? entry : { first: entry.seq, last: entry.seq };
}
