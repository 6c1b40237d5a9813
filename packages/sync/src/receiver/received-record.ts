import type { ExportedMinute } from "./export-minutes.ts";
import type { ExportedSample, ExportOptions } from "./export-record.ts";
import type { ReceiverStatus } from "./receive-status.ts";

/** A look at what a store holds, also while a receiver writes to it. */
export interface ReceivedRecord {
  status(): Promise<ReceiverStatus>;
  /** Every stored sample, by gateway, epoch, block and index. */
  samples(options: ExportOptions): AsyncIterable<ExportedSample>;
  /** Every minute of thinned blocks, by gateway, epoch, entry, point and time. */
  minutes(options: ExportOptions): AsyncIterable<ExportedMinute>;
  /** Never rejects. */
  close(): Promise<void>;
}
