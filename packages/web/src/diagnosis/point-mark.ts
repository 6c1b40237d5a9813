import type { PointView } from "@headgate/gateway/api-types";
import type { Kind } from "./told.ts";

/** How a point's value is to be taken, which is more than the quality of its last sample. */
export type PointMark = "bad" | "silent" | "implausible" | "stale" | "uncertain" | "good";

const STALE_INTERVALS = 3;
/** A scan of a long cycle is not late because it is a little late. */
const STALE_MS_MIN = 5_000;
const HUGE = 1e18;
const TINY = 1e-15;
/** A phase without current has some volts: little is no nonsense, much is. */
const BEYOND = 2;

/** Judges a point; `nowMs` by the gateway's clock. */
export function pointMark(point: PointView, nowMs: number): PointMark {
  if (point.quality === "bad" || point.quality === "silent") return point.quality;
  if (isImplausible(point)) return "implausible";
  if (isStale(point, nowMs)) return "stale";
  return point.quality;
}

/** No device measures such a number: registers were read as what they are not. */
function isImplausible({ value, isInteger64, plausible }: PointView): boolean {
  if (typeof value === "string") return !isInteger64 && /^(NaN|-?Infinity)$/.test(value);
  if (typeof value !== "number" || value === 0) return false;
  const amount = Math.abs(value);
  if (amount > HUGE || amount < TINY) return true;
  if (plausible === null) return false;
  const [min, max] = plausible;
  return value > Math.max(0, max) * BEYOND || value < Math.min(0, min) * BEYOND;
}

function isStale({ intervalMs, timestampMs }: PointView, nowMs: number): boolean {
  if (intervalMs === null || timestampMs === null) return false;
  return nowMs - timestampMs > Math.max(STALE_MS_MIN, STALE_INTERVALS * intervalMs);
}

/** The worst first; within a kind as the configuration has them. */
export const POINT_MARKS: readonly PointMark[] = [
  "bad",
  "implausible",
  "silent",
  "stale",
  "uncertain",
  "good",
];

export const MARK_KINDS: Readonly<Record<PointMark, Kind>> = {
  bad: "failure",
  implausible: "warning",
  silent: "busy",
  stale: "busy",
  uncertain: "warning",
  good: "none",
};
