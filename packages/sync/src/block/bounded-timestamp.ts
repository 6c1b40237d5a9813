import { TIMESTAMP_MS_MAX } from "./format.ts";

/** Whole milliseconds within the format's bounds; what is no time at all becomes 0. */
export function boundedTimestamp(timestampMs: number): number {
  const whole = Math.round(timestampMs);
  if (whole <= TIMESTAMP_MS_MAX && whole >= -TIMESTAMP_MS_MAX) return whole + 0;
  return whole > 0 ? TIMESTAMP_MS_MAX : whole < 0 ? -TIMESTAMP_MS_MAX : 0;
}
