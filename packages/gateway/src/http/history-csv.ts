import type { PointHistory, RolledHistory, Rollup } from "@headgate/sync/history";
import type { HistoryAsked } from "../history-view.ts";

/** What is told at a time, so that a long table holds up nobody. */
const RAW_COUNT_MAX = 5_000;
const ROLLED_SPAN_MS = { minute: 3 * 86_400_000, quarter: 40 * 86_400_000 } as const;
const WIDTH_MS = { minute: 60_000, quarter: 900_000 } as const;
const QUALITIES = ["good", "uncertain", "bad"] as const;
const RAW_HEAD = "time,value,quality\n";
const ROLLED_HEAD = "time,count,bad,min,max,mean,first,last,increase\n";

/** How a time is written. */
type Clock = (ms: number) => string;

interface Wanted {
  readonly asked: HistoryAsked;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A point's history as CSV, piece by piece: all of a kind, or with `auto` what a chart shows. */
export async function* historyCsv(
  ask: (asked: HistoryAsked) => Promise<PointHistory>,
  { asked, clock, signal }: Wanted,
): AsyncGenerator<string> {
  const { fromMs, toMs, resolution } = asked;
  if (resolution === "auto") {
    const found = await ask(asked);
    yield found.kind === "raw"
      ? RAW_HEAD + rawLines(found, clock)
      : ROLLED_HEAD + rolledLines(found, clock);
    return;
  }
  if (resolution === "raw") {
    let head = RAW_HEAD;
    for (let atMs = fromMs; atMs < toMs && !signal.aborted; ) {
      const found = await ask({ fromMs: atMs, toMs, resolution, countMax: RAW_COUNT_MAX });
      yield head + rawLines(found, clock);
      head = "";
      if (found.kind !== "raw" || !found.isCut) return;
      atMs = (found.timesMs.at(-1) ?? toMs) + 1;
    }
    return;
  }
  let head = ROLLED_HEAD;
  // Parts meet between two stretches: one that lay in both would be told twice.
  const firstMs = fromMs - (fromMs % WIDTH_MS[resolution]);
  for (let atMs = fromMs, endMs = firstMs; atMs < toMs && !signal.aborted; atMs = endMs) {
    endMs = Math.min(toMs, endMs + ROLLED_SPAN_MS[resolution]);
    // One more before: how far a counter went since then.
    const beforeMs = atMs === fromMs ? 0 : WIDTH_MS[resolution];
    const part = { fromMs: Math.max(0, atMs - beforeMs), toMs: endMs, resolution };
    const found = await ask({ ...part, countMax: RAW_COUNT_MAX });
    if (found.kind === "rolled") yield head + rolledLines(found, clock, atMs);
    head = "";
  }
}

function rawLines(found: PointHistory, clock: Clock): string {
  if (found.kind !== "raw") return "";
  const { timesMs, values, qualities } = found;
  let text = "";
  for (let at = 0; at < timesMs.length; at++) {
    const quality = QUALITIES[qualities[at] ?? 2];
    text += `${clock(timesMs[at] ?? 0)},${numberText(values[at] ?? Number.NaN)},${quality}\n`;
  }
  return text;
}

function rolledLines(found: RolledHistory, clock: Clock, fromMs = 0): string {
  const { rollups, increases, widthMs } = found;
  const line = (rollup: Rollup, increase: number) => {
    const { atMs, count, badCount, min, max, mean, first, last } = rollup;
    const numbers = [min, max, mean, first, last, increase].map(numberText);
    return `${clock(atMs)},${count},${badCount},${numbers.join(",")}\n`;
  };
  return rollups
    .map((rollup, at) => (rollup.atMs + widthMs > fromMs ? line(rollup, increases[at] ?? 0) : ""))
    .join("");
}

const numberText = (value: number) => (Number.isFinite(value) ? String(value) : "");
