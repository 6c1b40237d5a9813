import type { PointHistory } from "@headgate/sync/history";
import type { HistoryAsked } from "../history-view.ts";

/** What is told at a time, so that a long table holds up nobody. */
const RAW_COUNT_MAX = 5_000;
const ROLLED_SPAN_MS = { minute: 3 * 86_400_000, quarter: 40 * 86_400_000 } as const;
const WIDTH_MS = { minute: 60_000, quarter: 900_000 } as const;
const QUALITIES = ["good", "uncertain", "bad"] as const;
const RAW_HEAD = "time,value,quality\n";
const ROLLED_HEAD = "time,count,bad,min,max,mean,first,last,increase\n";

interface Wanted {
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolution: "raw" | "minute" | "quarter";
}

/** A point's history as CSV, piece by piece. */
export async function* historyCsv(
  ask: (asked: HistoryAsked) => Promise<PointHistory>,
  { fromMs, toMs, resolution }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (resolution === "raw") {
    let head = RAW_HEAD;
    for (let atMs = fromMs; atMs < toMs && !signal.aborted; ) {
      const asked = { fromMs: atMs, toMs, resolution, countMax: RAW_COUNT_MAX };
      const found = await ask(asked);
      yield head + rawLines(found);
      head = "";
      if (found.kind !== "raw" || !found.isCut) return;
      atMs = (found.timesMs.at(-1) ?? toMs) + 1;
    }
    return;
  }
  yield ROLLED_HEAD;
  for (let atMs = fromMs; atMs < toMs && !signal.aborted; atMs += ROLLED_SPAN_MS[resolution]) {
    const endMs = Math.min(toMs, atMs + ROLLED_SPAN_MS[resolution]);
    // One more before: how far a counter went since then.
    const asked = { fromMs: Math.max(0, atMs - WIDTH_MS[resolution]), toMs: endMs, resolution };
    yield rolledLines(await ask({ ...asked, countMax: RAW_COUNT_MAX }), atMs === 0 ? -1 : atMs);
  }
}

function rawLines(found: PointHistory): string {
  if (found.kind !== "raw") return "";
  const { timesMs, values, qualities } = found;
  let text = "";
  for (let at = 0; at < timesMs.length; at++) {
    const quality = QUALITIES[qualities[at] ?? 2];
    text += `${isoOf(timesMs[at] ?? 0)},${numberText(values[at] ?? Number.NaN)},${quality}\n`;
  }
  return text;
}

function rolledLines(found: PointHistory, fromMs: number): string {
  if (found.kind !== "rolled") return "";
  let text = "";
  for (const { atMs, count, badCount, min, max, mean, first, last, increase } of found.rollups) {
    if (atMs + found.widthMs <= fromMs) continue;
    const known = count > 0 ? [min, max, mean, first, last, increase] : new Array(6).fill(NaN);
    text += `${isoOf(atMs)},${count},${badCount},${known.map(numberText).join(",")}\n`;
  }
  return text;
}

const isoOf = (ms: number) => new Date(ms).toISOString();
const numberText = (value: number) => (Number.isFinite(value) ? String(value) : "");
