import uPlot from "uplot";
import { number } from "../text/language.svelte.ts";
import { faint, type LineLook } from "./colours.ts";
import { type Gestures, gesturesOf } from "./gestures.ts";
import { timeSplits, timeTicks } from "./time-ticks.ts";
import type { TrendColumns } from "./trend-columns.ts";
import type { TrendSpan } from "./trend-span.ts";

/** One line of a chart. */
export interface TrendLine {
  readonly id: string;
  readonly unit: string;
  readonly look: LineLook;
  readonly columns: TrendColumns;
  /** Drawn in steps. */
  readonly isSwitch: boolean;
}

/** How a chart looks and whom it tells. */
export interface ChartSetting extends Gestures {
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly grid: string;
  readonly timeZone: string;
  span(): TrendSpan;
  /** A stretch that was marked. */
  onMark(span: TrendSpan): void;
  /** The time under the cursor in seconds; null where there is none. */
  onCursor(seconds: number | null): void;
}

const FONT = "12px system-ui, sans-serif";
const TINY_DIGITS = 4;

/** Each line is three: low, high with what lies between them tinted, and the value. */
export function chartOptions(lines: readonly TrendLine[], setting: ChartSetting): uPlot.Options {
  const { width, height, span } = setting;
  const units = [...new Set(lines.map(({ unit }) => unit))];
  const series: uPlot.Series[] = lines.flatMap((line) => seriesOf(line));
  const bands = lines.map(({ look }, index): uPlot.Band => {
    return { series: [3 * index + 2, 3 * index + 1], fill: faint(look.colour) };
  });
  return {
    width,
    height,
    padding: [12, units.length > 1 ? 0 : 12, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      sync: { key: "trends" },
    },
    scales: {
      x: { time: true, auto: false, range: () => [span().fromMs / 1000, span().toMs / 1000] },
    },
    series: [{}, ...series],
    bands,
    axes: [timeAxis(setting), ...units.map((unit, index) => valueAxis(unit, index, setting))],
    hooks: {
      setSelect: [(chart) => tellMark(chart, setting)],
      setCursor: [
        ({ cursor: { left = -1 }, posToVal }) => {
          setting.onCursor(left < 0 ? null : posToVal(left, "x"));
        },
      ],
    },
    plugins: [gesturesOf(setting)],
  };
}

function seriesOf({ unit, look, isSwitch }: TrendLine): uPlot.Series[] {
  const edge = { scale: unit, points: { show: false }, stroke: "transparent", width: 0 };
  const paths = isSwitch ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  const line: uPlot.Series = {
    scale: unit,
    stroke: look.colour,
    width: 2,
    dash: [...look.dash],
    ...(paths && { paths }),
  };
  return [edge, edge, line];
}

function timeAxis({ text, grid, timeZone, width }: ChartSetting): uPlot.Axis {
  return {
    stroke: text,
    font: FONT,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
    size: 46,
    space: width < 600 ? 52 : 64,
    // Days begin where the site is, not where the browser is.
    splits: (...[, , min, max, step]) => timeSplits({ min, max, step }, timeZone),
    values: (...[, splits, , , step]) => timeTicks(splits, step, timeZone),
  };
}

function valueAxis(unit: string, index: number, { text, grid }: ChartSetting): uPlot.Axis {
  return {
    scale: unit,
    stroke: text,
    font: FONT,
    side: index === 0 ? 3 : 1,
    grid: { show: index === 0, stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
    size: 58,
    ...(unit && { label: unit, labelFont: FONT, labelSize: 18 }),
    values: (...[, splits, , , step]) => splits.map((value) => number(value, digitsOf(step))),
  };
}

/** So many that steps such as 2.5 are not rounded. */
function digitsOf(step: number): number {
  const isWhole = (digits: number) =>
    Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6;
  for (let digits = 0; digits < TINY_DIGITS; digits++) if (isWhole(digits)) return digits;
  return TINY_DIGITS;
}

function tellMark(chart: uPlot, { onMark }: ChartSetting): void {
  const { left, width } = chart.select;
  if (width < 8) return;
  const from = chart.posToVal(left, "x");
  const to = chart.posToVal(left + width, "x");
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onMark({ fromMs: from * 1000, toMs: to * 1000 });
}
