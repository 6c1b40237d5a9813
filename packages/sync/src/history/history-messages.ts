import type { PendingRun, TakenRuns } from "./pending-runs.ts";
import type { RecordedSpan } from "./recorded-span.ts";
import type { Rollup } from "./rollup.ts";

/** How the file is opened. */
export interface OpenHistoryFile {
  readonly directory: string;
  /** Of all its files on the disk. */
  readonly capacityBytesMax: number;
  /** By the slots of the runs. */
  readonly pointIds: readonly string[];
}

/** What is wanted of one point. */
export interface HistoryQuery {
  readonly pointId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** `auto`: the finest that reaches back so far and comes to no more than `countMax`. */
  readonly resolution: Resolution;
  /** Of samples, or of stretches: then those are made wider. */
  readonly countMax: number;
  /** Without a sample for so long it was not heard of; null where it is silent by itself. */
  readonly silentMs: number | null;
}

export type Resolution = "auto" | "raw" | "minute" | "quarter";

/** A query, and what is not in the file yet. */
export interface FileQuery extends HistoryQuery {
  readonly pending: readonly PendingRun[];
  /** When that was: from what is in the file on to now. */
  readonly recorded: RecordedSpan;
}

/** Runs for the file, and when they were recorded by the gateway's own clock. */
export interface StoredRuns {
  readonly runs: TakenRuns;
  readonly recorded: RecordedSpan;
}

/** When nothing is known of a point, and why. */
export interface HistoryGap {
  readonly fromMs: number;
  readonly toMs: number;
  /** It could not be read; nothing was recorded; the device said nothing. */
  readonly why: "bad" | "off" | "silent";
}

interface AnyHistory {
  /** How far a counter went over all that is told here; NaN where nothing is known. */
  readonly increase: number;
  readonly gaps: readonly HistoryGap[];
  /** What is told here reaches back so far; null where nothing does. */
  readonly sinceMs: number | null;
  /** There would be more, later than the last of these. */
  readonly isCut: boolean;
}

/** Samples as they were kept. */
export interface RawHistory extends AnyHistory {
  readonly kind: "raw";
  readonly timesMs: Float64Array<ArrayBuffer>;
  /** NaN where the sample is bad. */
  readonly values: Float64Array<ArrayBuffer>;
  /** 0 good, 1 uncertain, 2 bad. */
  readonly qualities: Uint8Array<ArrayBuffer>;
}

/** What stretches of time come to. */
export interface RolledHistory extends AnyHistory {
  readonly kind: "rolled";
  readonly widthMs: number;
  readonly rollups: readonly Rollup[];
  /** How far a counter went in each, and since the one before; NaN where nothing is known. */
  readonly increases: readonly number[];
}

export type PointHistory = RawHistory | RolledHistory;

/** How much there is. */
export interface HistoryStatus {
  /** Of the file, its journal and one that was set aside. */
  readonly usedBytes: number;
  readonly capacityBytesMax: number;
  /** Since when there are samples, minutes, quarters of an hour; null where there are none. */
  readonly rawFromMs: number | null;
  readonly minutesFromMs: number | null;
  readonly quartersFromMs: number | null;
  /** A file that was damaged, as it is called now; "" where none was. */
  readonly setAsidePath: string;
  /** What was wrong with it. */
  readonly setAsideReason: string;
}

/** Where the file ends. */
export interface HistoryEnd {
  /** What came until then is kept. */
  readonly recordedMs: number;
  /** Of the last samples: a device whose clock is ahead dates them later. */
  readonly newestMs: number;
}

/** What the thread that owns the file can be asked. */
export interface HistoryCalls {
  open(request: OpenHistoryFile): HistoryStatus;
  /** Runs are of these points from now on. */
  use(pointIds: readonly string[]): null;
  /** Where the file ends; null where there is nothing in it. */
  end(nothing: null): HistoryEnd | null;
  /** Begins to store; null while pieces of it are left for `storeMore`. */
  store(runs: StoredRuns): HistoryStatus | null;
  storeMore(nothing: null): HistoryStatus | null;
  query(query: FileQuery): PointHistory;
  /** Does a piece of what is left to do: rolls up, drops the oldest. Whether more is left. */
  tidy(nowMs: number): boolean;
  close(nothing: null): null;
}
