/** What a receiver accepts in one message; beyond it, the message is a `BadFrame`. */
export interface FrameLimits {
  readonly payloadBytesMax: number;
  /** Of compressed content, once inflated. */
  readonly inflatedBytesMax: number;
  readonly entriesMax: number;
  /** Of all entries that come decoded. */
  readonly samplesMax: number;
}

/** Far above what a gateway sends, far below what hurts. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  payloadBytesMax: 32 * 1024 * 1024,
  inflatedBytesMax: 64 * 1024 * 1024,
  entriesMax: 10_000,
  samplesMax: 4_000_000,
};
