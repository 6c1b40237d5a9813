/** The bytes' way: a socket or a serial port, already open. */
export interface Wire {
  write(bytes: Buffer): void;
  /** Present where it is known: all that was written has left, its memory may be used again. */
  hasLeft?(): boolean;
  /**
   * Registers the one reader; called once, before the first write. `onUnanswered` hears of requests
   * of others on the same wire whose answers may still come.
   */
  listen(
    onBytes: (bytes: Buffer) => void,
    onLost: (why: string, cause?: Error) => void,
    onUnanswered?: (request: Buffer) => void,
  ): void;
  /**
   * Present where other channels may use the same wire: resolves, in order of call, with what ends
   * the turn. Nobody else writes meanwhile, and bytes come to whoever has the turn.
   */
  takeTurn?(): Promise<() => void>;
  /** Beside it: tells the others of a request that is not waited for any more. */
  unanswered?(request: Buffer): void;
  /** Ends the wire at once. Safe to call twice. */
  destroy(): void;
}
