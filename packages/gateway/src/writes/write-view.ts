import type { Selection, WriteRequest } from "./write-desk.ts";
import type { WriteOutlook, WriteReport } from "./write-record.ts";

/** What pages and commands may have a running gateway write. */
export interface WriteView {
  /**
   * Resolves with what became of it. Rejects with `Misconfigured`, `Refused` or `Unreachable` if
   * nothing was changed.
   */
  write(request: WriteRequest): Promise<WriteReport>;
  /** The first half of a write, for points whose config asks for it. */
  select(request: WriteRequest): Promise<Selection>;
  /** Rejects with `Misconfigured` where the point may not be written. */
  look(pointId: string): Promise<WriteOutlook>;
  /** The last writes, the newest at the end. */
  list(): Promise<readonly WriteReport[]>;
}
