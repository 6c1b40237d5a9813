import type { HistoryFile } from "./history-file.ts";
import { type GapRules, gapsOfRollups, gapsOfSamples } from "./history-gaps.ts";
import type { FileQuery, PointHistory, Resolution, RolledHistory } from "./history-messages.ts";
import { NibbleReader } from "./nibbles.ts";
import {
  bridgeIncreases,
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
  const number = file.books.numberOf(query.pointId);
  const resolution = query.resolution === "auto" ? finest(file, query) : query.resolution;
  const ranged = { ...query, number: number ?? -1 };
  return resolution === "raw" ? answerRaw(file, ranged) : answerRolled(file, ranged, resolution);
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
  const since = (kind: Kind) => sinceMs(file, kind) ?? Number.POSITIVE_INFINITY;
  const reaching = kinds.find((kind) => since(kind) <= fromMs);
  return reaching ?? kinds.toSorted((a, b) => since(a) - since(b))[0] ?? "raw";
}

function sinceMs({ books }: HistoryFile, kind: Kind): number | null {
  const rawMs = books.rawFromMs();
  const rolledMs = kind === "raw" ? null : books.oldestOnShelf(kind);
  return rawMs === null || rolledMs === null ? (rawMs ?? rolledMs) : Math.min(rawMs, rolledMs);
}

function answerRaw(file: HistoryFile, query: Ranged): PointHistory {
  const { fromMs, toMs, countMax } = query;
  const samples = samplesOf(file, query, { fromMs, toMs });
  const gaps = gapsOfSamples(samples, rulesOf(file, query));
  if (query.resolution === "auto" && samples.count > countMax) {
    const widthMs = widthFor(query, 0);
    return rolled(rollUp(samples, widthMs), { widthMs, gaps, sinceMs: sinceMs(file, "raw") });
  }
  const count = Math.min(countMax, samples.count);
  return {
    kind: "raw",
    timesMs: samples.timesMs.slice(0, count),
    values: samples.values.slice(0, count),
    qualities: samples.qualities.slice(0, count),
    gaps,
    sinceMs: sinceMs(file, "raw"),
    isCut: count < samples.count,
  };
}

function answerRolled(file: HistoryFile, query: Ranged, kind: "minute" | "quarter"): PointHistory {
  const ownMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
  const rollups = rolledOf(file, query, kind);
  const gaps = gapsOfRollups(rollups, ownMs, rulesOf(file, query));
  const widthMs = query.resolution === "auto" ? widthFor(query, ownMs) : ownMs;
  const wider = widthMs > ownMs ? mergeRollups(rollups, widthMs) : rollups;
  return rolled(wider, { widthMs, gaps, sinceMs: sinceMs(file, kind) });
}

function rolled(
  rollups: readonly Rollup[],
  about: Pick<RolledHistory, "widthMs" | "gaps" | "sinceMs">,
): RolledHistory {
  bridgeIncreases(rollups);
  return { kind: "rolled", ...about, rollups, isCut: false };
}

/** Minutes or quarters, each made of samples where those were not rolled up yet. */
function rolledOf(file: HistoryFile, query: Ranged, kind: "minute" | "quarter"): Rollup[] {
  const fromMs = query.fromMs - (query.fromMs % QUARTER_MS);
  const fresh = freshQuarters(file, query, fromMs);
  const quarters = new Set([...file.books.shelved(kind, fromMs, query.toMs), ...fresh]);
  const widthMs = kind === "minute" ? MINUTE_MS : QUARTER_MS;
  const rollups: Rollup[] = [];
  for (const quarterMs of [...quarters].sort((a, b) => a - b)) {
    const samples = fresh.has(quarterMs)
      ? samplesOf(file, query, { fromMs: quarterMs, toMs: quarterMs + QUARTER_MS })
      : null;
    if (samples && samples.count > 0) {
      rollups.push(...mergeRollups(rollUp(samples, MINUTE_MS), widthMs));
    } else {
      rollups.push(...file.readRolled(kind, query.number, quarterMs));
    }
  }
  return rollups.filter(({ atMs }) => atMs + widthMs > query.fromMs && atMs < query.toMs);
}

function freshQuarters(file: HistoryFile, query: Ranged, fromMs: number): ReadonlySet<number> {
  const fresh = new Set(file.books.due(fromMs, query.toMs));
  const { baseMs, bytes } = query.pending;
  if (bytes.length === 0) return fresh;
  // A pending run is of about a minute, which may lie in two of them.
  for (const ms of [baseMs, baseMs + 2 * MINUTE_MS]) fresh.add(ms - (ms % QUARTER_MS));
  return fresh;
}

function samplesOf(
  file: HistoryFile,
  { number, pending }: Ranged,
  span: { readonly fromMs: number; readonly toMs: number },
): SampleColumns {
  const samples = number < 0 ? new SampleColumns() : file.readRaw(number, span.fromMs, span.toMs);
  readRun(new NibbleReader(pending.bytes), { baseMs: pending.baseMs, ...span }, samples);
  samples.sort();
  return samples;
}

function rulesOf({ books }: HistoryFile, query: Ranged): GapRules {
  const recorded = [...books.recorded()];
  const last = recorded.at(-1);
  const { baseMs, bytes } = query.pending;
  // What is not in the file yet is recorded too.
  const untilMs = bytes.length > 0 ? baseMs + MINUTE_MS : (last?.toMs ?? 0);
  if (last && books.isRecording)
    recorded[recorded.length - 1] = { ...last, toMs: Math.max(last.toMs, untilMs) };
  else if (bytes.length > 0) recorded.push({ fromMs: baseMs, toMs: untilMs });
  const toMs = Math.min(query.toMs, Math.max(untilMs, query.fromMs));
  return { fromMs: query.fromMs, toMs, silentMs: query.silentMs, recorded };
}

/** The narrowest that comes to no more stretches than are wanted. */
function widthFor({ fromMs, toMs, countMax }: FileQuery, leastMs: number): number {
  const fits = (ms: number) => ms >= leastMs && (toMs - fromMs) / ms <= countMax;
  return WIDTHS_MS.find(fits) ?? (WIDTHS_MS.at(-1) as number);
}
