import uPlot from "uplot";
import type { TrendLine } from "./chart-options.ts";

/** uPlot's: a gap reaches over the times at which only other lines have a value. */
const WHOLE_GAPS = 2;

/** The lines' columns on one axis of time. */
export function chartData(lines: readonly TrendLine[]): uPlot.AlignedData {
  const tables = lines.map(({ columns: { times, lows, highs, values } }): uPlot.AlignedData => {
    return [[...times], [...lows], [...highs], [...values]];
  });
  if (tables.length === 0) return [[]];
  return uPlot.join(
    tables,
    tables.map(() => [0, WHOLE_GAPS, WHOLE_GAPS, WHOLE_GAPS]),
  );
}
