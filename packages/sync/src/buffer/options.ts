/** How a buffer is opened. */
export interface BufferOptions {
  /** A folder of the buffer's own; made if it is not there. */
  readonly directory: string;
  /** Of the database's pages in use. At the limit the oldest blocks become a gap record. */
  readonly capacityBytesMax: number;
  /** Of the pictures: they never push out samples. */
  readonly mediaCapacityBytesMax: number;
  /** The most that a power cut may cost. */
  readonly commitIntervalMs: number;
  /** Data is kept until all of these have it acknowledged; without any, until capacity. */
  readonly uplinkIds: readonly string[];
  /** Points known in advance; others are taken in at first sight. */
  readonly pointIds: readonly string[];
  /** What a block is aimed to come to when deflated. */
  readonly blockBytesMax?: number;
  /** Makes epoch ids; a simulation lends one that its seed determines. */
  readonly epochId?: (nowMs: number) => string;
}

/** Default of `blockBytesMax`. */
export const BLOCK_BYTES_MAX = 32 * 1024;
