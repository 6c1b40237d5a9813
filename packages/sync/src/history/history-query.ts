import type { HistoryFile } from "./history-file.ts";
import { type GapRules, gapsOfRollups, gapsOfSamples } from "./history-gaps.ts";
import type { FileQuery, PointHistory, Resolution, RolledHistory } from "./history-messages.ts";
import { NibbleReader } from "./nibbles.ts";
import { joined, type RecordedSpan } from "./recorded-span.ts";
import {
  fuller,
  increasesOf,
  MINUTE_MS,
  mergeRollups,
  QUARTER_MS,
  type Rollup,
  rollUp,
} from "./rollup.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** From what is in the file to what is not yet. */
const PAUSE_MS_MAX = 5_000;
/** Longer ones are told in minutes, and in quarters of an hour. */
const RAW_SPAN_MS_MAX = 26 * HOUR_MS;
const MINUTES_SPAN_MS_MAX = 8 * DAY_MS;
/** Widths of stretches that people can say. */
const WIDTHS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * HOUR_MS),
];

/** What is known of one point. */
export function answerQuery(file: HistoryFile, query: FileQuery): PointHistory {
  const ranged = { ...query, number: file.books.numberOf(query.pointId) ?? -1 };
  if (query.resolution === "raw") return answerRaw(file, ranged);
  if (query.resolution !== "auto") return answerRolled(file, ranged, query.resolution);
  const kind = finest(file, query);
  if (kind !== "raw") return answerRolled(file, ranged, kind);
  return inMinutes(file, ranged) ?? answerRaw(file, ranged);
}

/** Samples that come to more than is wanted are minutes in the end: those are fewer places. */
function inMinutes(file: HistoryFile, query: Ranged): PointHistory | null {
  if (widthFor(query, 0) < MINUTE_MS) return null;
  const since = file.sinceMs("minute");
  if (since === null || since > query.fromMs) return null;
  const minutes = rolledOf(file, query, "minute");
  const total = minutes.reduce((sum, { count, badCount }) => sum + count + badCount, 0);
  return total > query.countMax ? answerRolled(file, query, "minute", minutes) : null;
}

interface Ranged extends FileQuery {
  readonly number: number;
}

type Kind = Exclude<Resolution, "auto">;

/** The finest that fits the span and reaches back so far, or else whatever reaches furthest. */
function finest(file: HistoryFile, { fromMs, toMs }: FileQuery): Kind {
  const spanMs = toMs - fromMs;
  const kinds: Kind[] = ["quarter"];
  if (spanMs <= MINUTES_SPAN_MS_MAX) kinds.unshift("minute");
  if (spanMs <= RAW_SPAN_MS_MAX) kinds.unshift("raw");
  const since = (kind: Kind) => file.sinceMs(kind) ?? Number.POSITIVE_INFINITY;
  const reaching = kinds.find((kind) => since(kind) <= fromMs);
  return reaching ?? kinds.toSorted((a, b) => since(a) - since(b))[0] ?? "raw";
}

function answerRaw(file: HistoryFile, query: Ranged): PointHistory {
  const isAuto = query.resolution === "auto";
  const samples = samplesOf(file, query, query, isAuto ? Infinity : query.countMax);
  const since = file.sinceMs("raw");
  if (isAuto && samples.count > query.countMax) {
    const widthMs = widthFor(query, 0);
    const gaps = gapsOfSamples(samples, rulesOf(file, query));
    return rolled(rollUp(samples, widthMs), { widthMs, gaps, sinceMs: since, isCut: false });
  }
  const count = cutAt(samples, query.countMax);
  const isCut = count < samples.count;
  samples.count = count;
  const toMs = isCut ? (samples.timesMs[count - 1] ?? query.toMs) : query.toMs;
  const [whole] = rollUp(samples, Number.MAX_SAFE_INTEGER);
  return {
    kind: "raw",
    increase: increasesOf(whole ? [whole] : [])[0] ?? Number.NaN,
    timesMs: samples.timesMs.slice(0, count),
    values: samples.values.slice(0, count),
    qualities: samples.qualities.slice(0, count),
    gaps: gapsOfSamples(samples, rulesOf(file, { ...query, toMs })),
    sinceMs: since,
    isCut,
  };
}

/** How many of them are told: whoever asks for what comes later misses none of the same time. */
function cutAt({ count, timesMs }: SampleColumns, countMax: number): number {
  if (count <= countMax) return count;
  let end = countMax;
  while (end > 0 && timesMs[end - 1] === timesMs[countMax]) end--;
  return end > 0 ? end : countMax;
}

function answerRolled(
  file: HistoryFile,
  query: Ranged,
  kind: "minute" | "quarter",
  known?: readonly Rollup[],
): PointHistory {
  const ownMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
  const since = file.sinceMs(kind);
  const isAuto = query.resolution === "auto";
  const asked = isAuto ? query : firstOf(query, { sinceMs: since, ownMs });
  const rollups = known ?? rolledOf(file, asked, kind);
  const gaps = gapsOfRollups(rollups, ownMs, rulesOf(file, asked));
  const widthMs = isAuto ? widthFor(query, ownMs) : ownMs;
  const wider = widthMs > ownMs ? mergeRollups(rollups, widthMs) : rollups;
  return rolled(wider, { widthMs, gaps, sinceMs: since, isCut: asked.toMs < query.toMs });
}

/** As much of the span as comes to the count, from the first that there may be. */
function firstOf(query: Ranged, { sinceMs, ownMs }: { sinceMs: number | null; ownMs: number }) {
  const { fromMs, toMs, countMax } = query;
  const begunMs = Math.max(fromMs, Math.min(sinceMs ?? fromMs, toMs));
  const endMs = begunMs - (begunMs % ownMs) + countMax * ownMs;
  return { ...query, toMs: Math.min(toMs, endMs) };
}

function rolled(
  rollups: readonly Rollup[],
  about: Pick<RolledHistory, "widthMs" | "gaps" | "sinceMs" | "isCut">,
): RolledHistory {
  const [whole] = mergeRollups(rollups, Number.MAX_SAFE_INTEGER);
  const increase = increasesOf(whole ? [whole] : [])[0] ?? Number.NaN;
  return { kind: "rolled", ...about, rollups, increases: increasesOf(rollups), increase };
}

/** Minutes or quarters, each made of samples where those were not rolled up yet. */
function rolledOf(file: HistoryFile, query: Ranged, kind: "minute" | "quarter"): Rollup[] {
  const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
  const fromMs = query.fromMs - (query.fromMs % QUARTER_MS);
  const { number, toMs } = query;
  const told =
    kind === "minute"
      ? file.readMinutes(number, fromMs, toMs)
      : file.readQuarters(number, fromMs, toMs);
  const fresh = freshQuarters(file, query, fromMs).flatMap((quarterMs) => {
    const span = { fromMs: quarterMs, toMs: quarterMs + QUARTER_MS };
    return mergeRollups(rollUp(samplesOf(file, query, span), MINUTE_MS), widthMs);
  });
  const rollups = fuller(told, fresh);
  return rollups.filter(({ atMs }) => atMs + widthMs > query.fromMs && atMs < query.toMs);
}

/** Those whose samples are not, or not all, rolled up. */
function freshQuarters(file: HistoryFile, query: Ranged, fromMs: number): number[] {
  const fresh = new Set(file.books.due(fromMs, query.toMs));
  const { timesMs, count } = pendingOf(query, { fromMs, toMs: query.toMs });
  for (const timeMs of timesMs.subarray(0, count)) fresh.add(timeMs - (timeMs % QUARTER_MS));
  return [...fresh].sort((a, b) => a - b);
}

function samplesOf(
  file: HistoryFile,
  query: Ranged,
  span: RecordedSpan,
  countMax = Infinity,
): SampleColumns {
  const { number } = query;
  const samples = number < 0 ? new SampleColumns() : file.readRaw(number, span, countMax);
  return pendingOf(query, span, samples);
}

/** With what is not in the file yet. */
function pendingOf(
  { pending }: Ranged,
  { fromMs, toMs }: RecordedSpan,
  samples = new SampleColumns(),
): SampleColumns {
  for (const { baseMs, bytes } of pending) {
    readRun(new NibbleReader(bytes), { baseMs, fromMs, toMs }, samples);
  }
  samples.sort();
  return samples;
}

function rulesOf({ books }: HistoryFile, query: Ranged): GapRules {
  const stored = books.recorded();
  // What is not in the file yet is recorded too, and goes on from what is.
  const { fromMs, toMs } = query.recorded;
  const goesOn =
    books.isRecording && stored.some((run) => Math.abs(fromMs - run.toMs) <= PAUSE_MS_MAX);
  const recorded = joined([...stored, { fromMs: goesOn ? fromMs - PAUSE_MS_MAX : fromMs, toMs }]);
  const untilMs = Math.max(recorded.at(-1)?.toMs ?? 0, query.fromMs);
  const { silentMs } = query;
  return { fromMs: query.fromMs, toMs: Math.min(query.toMs, untilMs), silentMs, recorded };
}

/** The narrowest that comes to no more stretches than are wanted. */
function widthFor({ fromMs, toMs, countMax }: FileQuery, leastMs: number): number {
  const fits = (ms: number) => ms >= leastMs && (toMs - fromMs) / ms <= countMax;
  return WIDTHS_MS.find(fits) ?? (WIDTHS_MS.at(-1) as number);
}
