/** The only source of time; tests lend a simulated one. */
export interface Clock {
  /** UTC milliseconds since 1970. May jump. */
  nowMs(): number;
  /** Never goes back. For intervals and timeouts. */
  monotonicMs(): number;
  /** Resolves after `durationMs`, or at once when `signal` aborts. Never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /** Present where something is known of it; a clock without it is taken for right. */
  state?(): ClockState;
}

/** How far a clock can be trusted just now. */
export interface ClockState {
  /** Names one run of the machine; "" where nothing does. */
  readonly bootId: string;
  /** Milliseconds of that run, also while the machine slept: steps of UTC are seen against it. */
  readonly bootMs: number;
  /** Whether UTC is known to be right, or nothing speaks against it. */
  readonly isSynced: boolean;
  /** For a person: how that is known, such as "systemd-timesyncd". */
  readonly source: string;
}
