/** One scan class of a line: what one scan takes of it, and how often it is wanted. */
export interface ClassLoad {
  readonly intervalMs: number;
  readonly lineMs: number;
}

/** Of the turns on a line that cannot keep up, what goes to the slow: see `TurnQueue`. */
const SLOW_SHARE = 0.25;

/**
 * How often each class can be read, fastest first as they stand: its interval, or longer where
 * what faster ones leave of the line does not suffice. `otherShare` is what dead units cost.
 */
export function forecastCycles(classes: readonly ClassLoad[], otherShare: number): number[] {
  let leftShare = 1 - otherShare;
  return classes.map(({ intervalMs, lineMs }, index) => {
    const isLast = index === classes.length - 1;
    // Overloaded, a fast class still leaves the slow ones every fourth turn.
    const mineMax = isLast ? leftShare : leftShare * (1 - SLOW_SHARE);
    const wanted = lineMs / Math.max(intervalMs, Number.MIN_VALUE);
    const fits = wanted <= leftShare;
    const cycleMs = fits ? intervalMs : lineMs / Math.max(mineMax, Number.EPSILON);
    leftShare = Math.max(0, leftShare - (fits ? wanted : mineMax));
    return Math.max(intervalMs, cycleMs);
  });
}

/** Which share of the line all of them together want; above 1 it cannot keep up. */
export function wantedShare(classes: readonly ClassLoad[]): number {
  return classes.reduce((sum, { intervalMs, lineMs }) => sum + lineMs / intervalMs, 0);
}
