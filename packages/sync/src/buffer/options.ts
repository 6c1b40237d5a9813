import type { StoreQuotas } from "./store-messages.ts";

/** How a buffer is opened. */
export interface BufferOptions {
  /** A folder of the buffer's own; made if it is not there. */
  readonly directory: string;
  /** Of the database's pages in use. At the limit the oldest blocks become a gap record. */
  readonly capacityBytesMax: number;
  /** Of events, on top of it. */
  readonly eventsCapacityBytesMax?: number;
  /** Of what devices remembered, on top of it. */
  readonly historyCapacityBytesMax?: number;
  /** Of the pictures: they never push out samples. */
  readonly mediaCapacityBytesMax: number;
  /** Of each stream: acknowledged, kept for a far side that asks again. None if absent. */
  readonly keepAckedBytesMax?: number;
  /** What was not acknowledged for so long, while the gateway ran, is given up. */
  readonly keepUnsentMsMax?: number;
  /** When room runs short, samples older than this become minutes before any are dropped. */
  readonly keepRawMs?: number;
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

/** Default of `eventsCapacityBytesMax`. */
export const EVENTS_CAPACITY_BYTES_MAX = 64 * 1024 * 1024;

/** Default of `historyCapacityBytesMax`. */
export const HISTORY_CAPACITY_BYTES_MAX = 256 * 1024 * 1024;

/** Default of `keepRawMs`. */
export const KEEP_RAW_MS = 15 * 60_000;

export function quotasOf(options: BufferOptions): StoreQuotas {
  const { capacityBytesMax, mediaCapacityBytesMax } = options;
  return {
    capacityBytesMax,
    mediaCapacityBytesMax,
    eventsCapacityBytesMax: options.eventsCapacityBytesMax ?? EVENTS_CAPACITY_BYTES_MAX,
    historyCapacityBytesMax: options.historyCapacityBytesMax ?? HISTORY_CAPACITY_BYTES_MAX,
    keepAckedBytesMax: options.keepAckedBytesMax ?? 0,
    keepUnsentMsMax: options.keepUnsentMsMax ?? Number.POSITIVE_INFINITY,
    keepRawMs: options.keepRawMs ?? KEEP_RAW_MS,
  };
}

/** For a database that is only looked after. */
export const NO_QUOTAS: StoreQuotas = {
  capacityBytesMax: Number.POSITIVE_INFINITY,
  eventsCapacityBytesMax: Number.POSITIVE_INFINITY,
  historyCapacityBytesMax: Number.POSITIVE_INFINITY,
  mediaCapacityBytesMax: Number.POSITIVE_INFINITY,
  keepAckedBytesMax: Number.POSITIVE_INFINITY,
  keepUnsentMsMax: Number.POSITIVE_INFINITY,
  keepRawMs: Number.POSITIVE_INFINITY,
};
