import type {
  BlockRange,
  Entry,
  Gap,
  GapReason,
  PointList,
  SampleStream,
  Seq,
  Stream,
} from "./block.ts";
import type { Media, Sample } from "./sample.ts";

export interface ReadLimits {
  readonly blocksMax: number;
  readonly bytesMax: number;
}

/** One epoch of one stream, as far as the buffer still keeps it. */
export interface EpochStatus {
  readonly stream: Stream;
  readonly epoch: string;
  /** Oldest number kept as a block or a gap record. */
  readonly tailSeq: Seq;
  /** Last durable number: the high watermark. 0 while the epoch is empty. */
  readonly headSeq: Seq;
  /** The newest epoch of its stream, the one that grows. */
  readonly isCurrent: boolean;
  /** Ended since others know other blocks under its numbers; absent where it did not. */
  readonly isForked?: boolean;
}

/** What is known of the clock that dates the samples. */
export interface BufferClock {
  readonly isSynced: boolean;
  /** How that is known. */
  readonly source: string;
  /** Steps seen since the machine started. */
  readonly stepCount: number;
  /** The last one since open. */
  readonly lastStep: { readonly ms: number; readonly atMs: number } | null;
}

/** What became of every sample that was ever given a number; the other three make the first. */
export interface BufferTotals {
  readonly takenCount: number;
  /** Kept as they were, here or by now upstream only. */
  readonly storedCount: number;
  /** Only minutes tell of them. */
  readonly thinnedCount: number;
  /** Only gap records do. */
  readonly goneCount: number;
}

/** How full one stream is, and what became of its samples. */
export interface StreamFill {
  readonly stream: Stream;
  readonly usedBytes: number;
  readonly capacityBytesMax: number;
  /** Of `usedBytes`: every uplink has it; it goes first when room is needed. */
  readonly ackedBytes: number;
  /** Over the life of the database: samples that became minutes, also where those went since. */
  readonly thinnedCount: number;
  /** Likewise: samples of which only gap records tell, by their reason. */
  readonly goneCounts: Readonly<Partial<Record<GapReason, number>>>;
}

export interface BufferStatus {
  readonly epochs: readonly EpochStatus[];
  /** What each uplink's far side has acknowledged, by uplink id; merged and sorted ranges. */
  readonly cursors: ReadonlyMap<string, readonly BlockRange[]>;
  /** Gap records still kept, of all streams. */
  readonly gaps: readonly Gap[];
  /** Samples handed to `append` since open, and of those the durable ones. */
  readonly appendedCount: number;
  readonly committedCount: number;
  /** Samples lost since open; each loss is in a gap record too. */
  readonly droppedCount: number;
  /** Over the life of the database, through all runs. */
  readonly totals: BufferTotals;
  /** Of samples, events and pictures together. */
  readonly usedBytes: number;
  readonly capacityBytesMax: number;
  /** The pictures' share of `usedBytes`, and of `capacityBytesMax`. */
  readonly mediaUsedBytes: number;
  readonly mediaCapacityBytesMax: number;
  /** Absent where nothing is known of the clock. */
  readonly clock?: BufferClock;
  /**
   * Of samples and events in `usedBytes`: kept for a far side that asks again, though every one has
   * acknowledged it. It goes first when room is needed.
   */
  readonly ackedBytes: number;
  /** Each stream by itself, pictures and events too; absent where nobody counts so. */
  readonly fills?: readonly StreamFill[];
  /** What a person must know: "disk full since …"; empty when all is well. */
  readonly problems: readonly string[];
}

/** Store and forward: an ordered, bounded, durable log of blocks with one cursor per uplink. */
export interface Buffer {
  /**
   * Takes samples into stream `main`, or another. Resolves with the number of the last block that
   * holds them, once they would survive a power cut. Rejects after `close`, and when the disk has
   * taken nothing for so long that they were given up; then a gap record tells of them as soon as
   * there is room.
   */
  append(samples: readonly Sample[], stream?: SampleStream): Promise<Seq>;
  /** Keeps a picture and numbers it as a block of stream `media`; resolves when durable. */
  appendMedia(media: Media, timestampMs: number): Promise<Seq>;
  /** Entries that touch `range`, ascending, as far as they are durable. Moves nothing. */
  read(range: BlockRange, limits: ReadLimits): Promise<Entry[]>;
  /** The point list a block's `schemaHash` names, or null if no block kept refers to it. */
  pointList(hash: string): Promise<PointList | null>;
  /** Adds to the uplink's cursor, never takes away; twice is harmless. */
  acknowledge(uplinkId: string, ranges: readonly BlockRange[]): Promise<void>;
  /** From now on data is kept until these uplinks have it. A new one gets what is still kept. */
  keepFor(uplinkIds: readonly string[]): void;
  /**
   * Ends the stream's current epoch, under whose numbers others know other blocks, and starts a new
   * one, whose first block says why. The ended one stays marked as forked.
   */
  startEpoch(stream: Stream, reason: string): Promise<void>;
  /**
   * Replaces an entry that no far side will take by a gap record; its body is kept aside. Of one
   * that `uplinkId` refuses while another uplink may still take it, nothing is replaced: false.
   */
  quarantine(range: BlockRange, reason: string, uplinkId?: string): Promise<boolean>;
  /** Resolves at the next change of a head or a gap after `revision`, or when `signal` aborts. */
  changed(revision: number, signal: AbortSignal): Promise<number>;
  /** A snapshot, cheap enough for every turn of a drain. */
  status(): BufferStatus;
  /** Commits what was appended, then closes. Safe to call twice. */
  close(): Promise<void>;
}
