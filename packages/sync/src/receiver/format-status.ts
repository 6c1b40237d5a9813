import type { Spans } from "../ranges.ts";
import type { ReceivedEpoch, ReceiverStatus } from "./receive-status.ts";
import { formatSinks } from "./sinks/format-sinks.ts";

const RANGES_SHOWN_MAX = 5;
const HEAD = [
  "GATEWAY",
  "STREAM",
  "EPOCH",
  "COMPLETE TO",
  "MAX",
  "BLOCKS",
  "SAMPLES",
  "HOLES",
  "THINNED",
  "GAPS",
  "DUPLICATES",
  "CONFLICTS",
  "LAST SAMPLE",
];
/** Columns of words; the others are numbers and stand to the right. */
const WORDS = new Set([0, 1, 2, 12]);

/** A table for people, and below it the details of whatever is not complete. */
export function formatStatus(status: ReceiverStatus): string {
  if (status.epochs.length === 0) return `nothing received yet\n${formatSinks(status.sinks)}`;
  const rows = [HEAD, ...status.epochs.map(rowOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const table = rows.map((row) =>
    row
      .map((cell, at) =>
        WORDS.has(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  const lines = [...table, ...status.epochs.flatMap(detailsOf), ...refusals(status)];
  return `${lines.join("\n")}\n${formatSinks(status.sinks)}`;
}

function rowOf(epoch: ReceivedEpoch): string[] {
  const { gateway, stream, contiguousEnd, max, lastSampleMs } = epoch;
  const gapBlocks = countOf(epoch.gaps);
  const numbers = [
    contiguousEnd,
    max,
    epoch.blockCount,
    epoch.sampleCount,
    countOf(epoch.holes),
    countOf(epoch.thinned.spans),
    gapBlocks,
    epoch.duplicateCount,
    epoch.conflictCount,
  ];
  const last = lastSampleMs === null ? "-" : timeOf(lastSampleMs);
  return [gateway, stream, shortOf(epoch.epoch), ...numbers.map(String), last];
}

function detailsOf(epoch: ReceivedEpoch): string[] {
  const { gateway, stream, holes, thinned, gaps, conflictCount } = epoch;
  const where = `${gateway} ${stream} ${shortOf(epoch.epoch)}`;
  const lines: string[] = [];
  if (holes.length > 0) lines.push(`${where}: missing blocks ${rangesOf(holes)}`);
  if (thinned.spans.length > 0) {
    const kept = `${thinned.keptCount} samples kept, ${thinned.sampleCount} told by the minute`;
    lines.push(`${where}: blocks ${rangesOf(thinned.spans)} are thinned: ${kept}`);
  }
  for (const { first, last, sampleCount, reason, fromMs, toMs } of gaps.slice(
    0,
    RANGES_SHOWN_MAX,
  )) {
    const span = fromMs === 0 ? "" : `, ${timeOf(fromMs)} to ${timeOf(toMs)}`;
    const range = rangesOf([{ first, last }]);
    lines.push(`${where}: blocks ${range} are gone (${reason}): ${sampleCount} samples${span}`);
  }
  if (gaps.length > RANGES_SHOWN_MAX) {
    lines.push(`${where}: ${gaps.length - RANGES_SHOWN_MAX} more gaps, see --json`);
  }
  if (conflictCount > 0) {
    lines.push(
      `${where}: ${conflictCount} blocks came again with other contents; the first is kept`,
    );
  }
  return lines;
}

function refusals({ refused }: ReceiverStatus): string[] {
  return refused.map(
    ({ gateway, count, reason }) => `${gateway}: ${count} blocks refused, last: ${reason}`,
  );
}

function rangesOf(spans: Spans): string {
  const shown = spans.slice(0, RANGES_SHOWN_MAX).map(({ first, last }) => {
    return first === last ? `${first}` : `${first}-${last}`;
  });
  if (spans.length > shown.length) shown.push("…");
  return shown.join(", ");
}

function countOf(spans: Spans): number {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Ids are long and random; their beginning tells them apart in a table. */
function shortOf(epoch: string): string {
  return epoch.length <= 13 ? epoch : `${epoch.slice(0, 12)}…`;
}

function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms}` : date.toISOString();
}
