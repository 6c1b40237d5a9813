import type { SinkStanding } from "./sink-outbox.ts";

const HEAD = ["SINK", "WAITING", "OLDEST", "HANDED ON", "LAST", "SET ASIDE", "LOST"];
/** Columns of words; the others are numbers and stand to the right. */
const WORDS = new Set([0, 2, 4]);

/** A table of the sinks for people, and below it what is wrong; nothing without sinks. */
export function formatSinks(sinks: readonly SinkStanding[]): string {
  if (sinks.length === 0) return "";
  const rows = [HEAD, ...sinks.map(rowOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const lines = rows.map((row) => {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return WORDS.has(at) ? cell.padEnd(width) : cell.padStart(width);
    });
    return cells.join("  ").trimEnd();
  });
  return `\n${[...lines, ...sinks.flatMap(detailsOf)].join("\n")}\n`;
}

function rowOf(sink: SinkStanding): string[] {
  const { waitingCount, oldestMs, handedCount, lastHandedMs, asideCount, lostCount } = sink;
  const counts = [handedCount, asideCount, lostCount].map(String);
  const [handed = "", aside = "", lost = ""] = counts;
  const times = [oldestMs, lastHandedMs].map((ms) => (ms === null ? "-" : timeOf(ms)));
  const [oldest = "", last = ""] = times;
  return [sink.sink, String(waitingCount), oldest, handed, last, aside, lost];
}

function detailsOf({ sink, asideCount, lostCount, fault }: SinkStanding): string[] {
  const lines: string[] = [];
  if (fault !== null) lines.push(`${sink}: ${timeOf(fault.nowMs)}: ${fault.reason}`);
  if (asideCount > 0) {
    lines.push(`${sink}: it refused ${asideCount} blocks; headgate receive sink retry`);
  }
  if (lostCount > 0) {
    const todo = "headgate receive sink refill hands on the whole record again";
    lines.push(`${sink}: its queue was full and lost ${lostCount} blocks; ${todo}`);
  }
  return lines;
}

function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms}` : date.toISOString();
}
