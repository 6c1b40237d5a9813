import type { PointHistory, Rollup } from "@headgate/sync/history";
import { expect, test } from "vitest";
import type { HistoryAsked } from "../history-view.ts";
import { historyCsv } from "./history-csv.ts";

const DAY_MS = 86_400_000;
const WIDTHS_MS = { minute: 60_000, quarter: 900_000 };

/** A counter that goes on by 1 in each stretch; every stretch that lies in the span, in part. */
async function ask({ fromMs, toMs, resolution }: HistoryAsked): Promise<PointHistory> {
  const widthMs = WIDTHS_MS[resolution as keyof typeof WIDTHS_MS];
  const rollups: Rollup[] = [];
  for (let atMs = fromMs - (fromMs % widthMs); atMs < toMs; atMs += widthMs) {
    const value = atMs / widthMs;
    const numbers = { min: value, max: value, mean: value, first: value, last: value, lost: 0 };
    rollups.push({ atMs, count: 1, badCount: 0, ...numbers, isFirstMisread: false });
  }
  const increases = rollups.map((_, at) => (at === 0 ? 0 : 1));
  const about = { kind: "rolled", increase: 0, gaps: [], sinceMs: 0, isCut: false } as const;
  return { ...about, widthMs, rollups, increases };
}

test.each([
  ["minute", 4 * DAY_MS, 0],
  ["minute", 4 * DAY_MS, 12_345],
  ["quarter", 100 * DAY_MS, 0],
  ["quarter", 100 * DAY_MS, 777_777],
] as const)("each %s of a long table is told once, from wherever it is asked", async (...given) => {
  const [resolution, spanMs, late] = given;
  const widthMs = WIDTHS_MS[resolution];
  const fromMs = 1_767_225_600_000 + late;
  const asked = { fromMs, toMs: fromMs + spanMs, resolution, countMax: 10 };
  const clock = (ms: number) => `${ms}`;
  const { signal } = new AbortController();
  let text = "";
  for await (const part of historyCsv(ask, { asked, clock, signal })) text += part;
  const [head, ...lines] = text.trimEnd().split("\n");
  expect(head).toMatch(/^time,/);
  const times = lines.map((line) => Number(line.split(",")[0]));
  const first = fromMs - (fromMs % widthMs);
  const count = Math.ceil((asked.toMs - first) / widthMs);
  expect(times).toEqual(Array.from({ length: count }, (_, at) => first + at * widthMs));
  const increases = lines.map((line) => line.split(",").at(-1));
  expect(increases.slice(1).every((increase) => increase === "1")).toBe(true);
});
