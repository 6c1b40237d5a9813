/** The only source of time; tests lend a simulated one. */
export interface Clock {
  /** UTC milliseconds since 1970. May jump. */
  nowMs(): number;
  /** Never goes back. For intervals and timeouts. */
  monotonicMs(): number;
  /** Resolves after `durationMs`, or at once when `signal` aborts. Never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}
