/**
 * What a channel's driver tells of its line as it goes: the bytes of both sides and what became of
 * each exchange. Whoever lends it keeps what it likes; no call may throw, wait or keep `bytes`.
 */
export interface LineTap {
  /** A connection begins: what comes belongs to no earlier one. */
  opened(): void;
  sent(bytes: Uint8Array): void;
  /** As they came: parts of a frame, or several at once. */
  received(bytes: Uint8Array): void;
  /** Something came that answers nothing: a late answer, another unit's, noise. */
  stray(): void;
  settled(exchange: Exchange): void;
}

/** One request and what became of it. */
export interface Exchange {
  /** The unit id, or the meter's address on the line. */
  readonly unit: number | string;
  readonly outcome: ExchangeOutcome;
  /** The device's own word, where the outcome is "exception": "illegal data address". */
  readonly exception: string | null;
  readonly durationMs: number;
}

export type ExchangeOutcome =
  | "ok"
  | "exception"
  /** Not a byte came. */
  | "timeout"
  /** Bytes came, and their checksum is wrong. */
  | "checksum"
  /** A sound frame came, of another unit or another request. */
  | "foreign"
  /** An answer came that does not fit the request. */
  | "malformed";
