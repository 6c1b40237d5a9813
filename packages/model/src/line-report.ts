/** How a line that many devices share copes with what is wanted of it. */
export interface LineReport {
  /** Share of the time that it was in use of late: bytes, waiting for answers, silences kept. */
  readonly busyPercent: number;
  /** What the scan classes want of it, by what is known of bytes and devices; 100 is all of it. */
  readonly wantedPercent: number;
  /** Fastest first. */
  readonly scanClasses: readonly ScanClassReport[];
  /** Units that do not answer and are tried rarely. */
  readonly deadUnits: readonly number[];
}

export interface ScanClassReport {
  readonly intervalMs: number;
  /** Of one scan. */
  readonly requestCount: number;
  /** What one scan takes of the line. */
  readonly lineMs: number;
  /** From start to start: the interval, or longer where the line does not suffice. */
  readonly predictedCycleMs: number;
  /** Mean of the last scans; null before the second. */
  readonly achievedCycleMs: number | null;
}
