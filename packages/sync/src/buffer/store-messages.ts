import type { MessagePort } from "node:worker_threads";
import type {
  Block,
  BlockRange,
  BufferTotals,
  Gap,
  GapReason,
  PointList,
  Seq,
  Stream,
  StreamFill,
  Thinned,
} from "@headgate/model";
import type { Span } from "../ranges.ts";

/** A block on its way into the database. */
export interface BlockToStore extends Omit<Block, "hash" | "body"> {
  /** A data block before deflate, else the body as it is (of a picture: the header only). */
  readonly bytes: Uint8Array;
  /** The picture's file, already on disk, and the hash of the whole body. */
  readonly media: { readonly name: string; readonly bytes: number; readonly hash: string } | null;
}

/** A block that was found again, as it was stored once. */
export interface BlockToPutBack extends Omit<BlockToStore, "bytes"> {
  readonly hash: string;
  readonly body: Uint8Array;
  readonly pointList: PointList | null;
}

/** The same, or a thinned entry. */
export type EntryToPutBack = BlockToPutBack | (Thinned & { readonly pointList: PointList });

/** One epoch as the database knows it. */
export interface StoredEpoch {
  readonly stream: Stream;
  readonly epoch: string;
  /** Oldest block kept; `next` if none is. */
  readonly tailSeq: Seq;
  readonly next: Seq;
  readonly isCurrent: boolean;
  /** Others know other blocks under its numbers. */
  readonly isForked: boolean;
}

/** An epoch to begin. */
export interface NewEpoch {
  readonly stream: Stream;
  readonly epoch: string;
  /** Others know other blocks under the numbers of the one that it follows. */
  readonly endsFork?: boolean;
}

/** What each uplink has acknowledged of one epoch. */
export interface StoredCursor {
  readonly uplinkId: string;
  readonly stream: Stream;
  readonly epoch: string;
  readonly spans: readonly Span[];
}

/** Replace blocks by a gap record; quarantined ones are kept aside with `note`. */
export interface Replacement {
  readonly range: BlockRange;
  readonly reason: GapReason;
  readonly note: string;
}

/** Everything that waits, for one transaction. */
export interface Commit {
  readonly epochs: readonly NewEpoch[];
  readonly pointLists: readonly PointList[];
  readonly blocks: readonly BlockToStore[];
  /** Numbers that were given but lost before they were stored. */
  readonly gaps: readonly Gap[];
  readonly replacements: readonly Replacement[];
  readonly cursors: readonly StoredCursor[];
  /** All that every uplink has acknowledged, and gap records likewise. */
  readonly trims: readonly BlockRange[];
  readonly settledGaps: readonly Gap[];
  readonly emptyEpochs: readonly string[];
  /** Since the commit before, by a clock that nobody sets. */
  readonly elapsedMs: number;
  /** What is known of the clock, if that changed. */
  readonly clockBook?: string;
}

/** How full the database is, and what became of the samples it took. */
export interface StoreSpace {
  /** Of samples, events and pictures together; then the pictures' share of it. */
  readonly usedBytes: number;
  readonly mediaUsedBytes: number;
  /** Of samples and events in `usedBytes`: what every uplink has acknowledged. */
  readonly ackedBytes: number;
  readonly totals: BufferTotals;
  readonly fills: readonly StreamFill[];
}

/** What became of a commit. */
export interface Committed extends StoreSpace {
  /** Hash and body of each block, in the order given. */
  readonly encoded: readonly { readonly hash: string; readonly body: Uint8Array }[];
  readonly epochs: readonly StoredEpoch[];
  /** All gap records, if any changed. */
  readonly gaps: readonly Gap[] | null;
  readonly samplesDropped: number;
  /** Blocks that one entry stands for from now on. */
  readonly thinned: readonly BlockRange[];
}

/** What was found in the directory. */
export interface Opened extends StoreSpace {
  readonly epochs: readonly StoredEpoch[];
  readonly cursors: readonly StoredCursor[];
  readonly gaps: readonly Gap[];
  readonly isNew: boolean;
  /** Where a damaged file was put, or "". */
  readonly setAsidePath: string;
  /** Why the numbers must not go on in the epochs found, or "". */
  readonly suspicion: string;
  /** What was known of the clock, or "". */
  readonly clockBook: string;
}

export interface OpenStore extends StoreQuotas {
  readonly directory: string;
  readonly machineId: string;
  readonly nowMs: number;
  /** Remove pictures that no block refers to; not while some still wait for theirs. */
  readonly isFirst: boolean;
}

/** How much may be kept, and how long. */
export interface StoreQuotas {
  readonly capacityBytesMax: number;
  readonly eventsCapacityBytesMax: number;
  readonly historyCapacityBytesMax: number;
  readonly mediaCapacityBytesMax: number;
  /** Of each stream's capacity: what every uplink has acknowledged. */
  readonly keepAckedBytesMax: number;
  /** How old what an uplink still lacks may become. */
  readonly keepUnsentMsMax: number;
  /** Samples this much older than the newest may be thinned when room runs short. */
  readonly keepRawMs: number;
}

export interface ReadStore {
  readonly range: BlockRange;
  readonly blocksMax: number;
  readonly bytesMax: number;
}

/** A block read back; a picture's file is still to be added to `body`. */
export interface StoredBlock extends Block {
  readonly mediaName: string;
  /** False if the row is not the one that was stored. */
  readonly isSound: boolean;
}

/** An entry that stands for thinned blocks, read back. */
export interface StoredThinned extends Thinned {
  readonly isSound: boolean;
}

/** What was read; `isComplete` is false if a limit cut the list. */
export interface ReadAnswer {
  readonly blocks: readonly StoredBlock[];
  readonly thinned: readonly StoredThinned[];
  readonly isComplete: boolean;
}

/** What the worker can be asked, and what it answers. */
export interface StoreCalls {
  open(request: OpenStore): Opened;
  commit(request: Commit): Committed;
  read(request: ReadStore): ReadAnswer;
  pointList(hash: string): PointList | null;
  close(request: null): null;
}

/** The way to the database, wherever it lives. */
export interface StoreCaller {
  /** Answers come in the order of the calls; rejects with `StoreFault` if the database fails. */
  call<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>>;
  /** Lets another work in its thread; absent where it has none. */
  lend?(port: MessagePort): boolean;
  /** Lets go of the database, whatever it is doing. */
  end(): Promise<void>;
}
