import type { TrendColumns } from "../trends/trend-columns.ts";

/** A small chart as SVG draws it. */
export interface SparkPath {
  /** Of the path: broken where nothing is known. */
  readonly d: string;
  readonly low: number;
  readonly high: number;
}

interface Frame {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
  readonly height: number;
}

/** Null where there is nothing to draw. */
export function sparkPath({ times, values }: TrendColumns, frame: Frame): SparkPath | null {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const low = known.reduce((least, value) => Math.min(least, value));
  const high = known.reduce((most, value) => Math.max(most, value));
  const { fromMs, toMs, width, height } = frame;
  const xOf = (seconds: number) => ((seconds * 1000 - fromMs) / Math.max(1, toMs - fromMs)) * width;
  // What does not change lies in the middle.
  const yOf = (value: number) =>
    high === low ? height / 2 : height - ((value - low) / (high - low)) * height;
  let isBroken = true;
  const steps = values.map((value, index) => {
    if (value === null) {
      isBroken = true;
      return "";
    }
    const step = `${isBroken ? "M" : "L"}${round(xOf(times[index] ?? 0))} ${round(yOf(value))}`;
    isBroken = false;
    return step;
  });
  return { d: steps.join(""), low, high };
}

const round = (value: number) => Math.round(value * 10) / 10;
