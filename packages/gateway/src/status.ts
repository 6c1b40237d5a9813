import type {
  BufferClock,
  BufferStatus,
  BufferTotals,
  LineNotice,
  LineReport,
  PaceStatus,
  PointId,
  ProxyReport,
  Sample,
  Stream,
  StreamFill,
} from "@headgate/model";
import type { ChannelCounters } from "./acquire/acquire.ts";
import type { Backlog } from "./backlog.ts";
import type { GatewayConfig, VariantEvidence } from "./config/config.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { FieldView } from "./field-view.ts";

import type { Finder } from "./find/finder.ts";

import type { HistoryView } from "./history-view.ts";

import type { SilentReceiver } from "./silent-receivers.ts";
import type { PartState } from "./supervise.ts";
import type { LogLines } from "./support/log-ring.ts";
import type { TrialItem } from "./trial/evidence.ts";
import type { Updates } from "./update/updates.ts";
import type { UplinkTester } from "./uplink-tester.ts";
import type { WriteView } from "./writes/write-view.ts";

/** What pages and metrics may ask of a running gateway. */
export interface GatewayView {
  /** Null until the buffer is open; after the end, as it was last. */
  status(): GatewayStatus | null;
  points(): readonly PointView[];
  /** A point's last sample; undefined while it has none, and of a point that is not there. */
  sampleOf?(pointId: PointId): Sample | undefined;
  /** Reads devices or points once, beside their scans; all if none is named. */
  read?(names: readonly string[]): Promise<ReadResult>;
  /** Present where there are lines to look at. */
  readonly field?: FieldView;
  /** Present where something is recorded for trends. */
  readonly history?: HistoryView;
  /** Present where points can be written. */
  readonly writes?: WriteView;
  /** Tries what is new or changed in a configuration; nothing is kept, nothing is interrupted. */
  tryOut?(config: GatewayConfig): Promise<readonly TrialItem[]>;
  /** Present where it is known. */
  readonly config?: GatewayConfig;
  /** Present where it can be changed. */
  readonly configuration?: Configuration;
  /** Present where devices can be looked for. */
  readonly finder?: Finder;
  /** Present where uplinks can be tried before they are applied. */
  readonly uplinkTester?: UplinkTester;
  /** Present where the last lines of the log are kept. */
  readonly logs?: LogLines;
  /** Present where updates are taken. */
  readonly updates?: Updates;
}

/** What points were, and how a command that shows them ends. */
export interface ReadResult {
  readonly views: readonly PointView[];
  readonly exitCode: number;
}

/** The whole gateway at one moment, as `/api/status` gives it. */
export interface GatewayStatus {
  readonly gateway: {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    /** Of the site, as IANA names it. */
    readonly timezone: string;
  };
  readonly atMs: number;
  readonly startedMs: number;
  readonly channels: readonly ChannelStatus[];
  readonly points: { good: number; uncertain: number; bad: number; silent: number };
  readonly buffer: BufferSummary;
  readonly uplinks: readonly UplinkStatus[];
  /** What is in use, and what is to be confirmed of it; null where nobody can change it. */
  readonly config: ConfigStatus | null;
  /** Where the web page is served; null while it is not. */
  readonly webUrl: string | null;
}

export interface ChannelStatus {
  readonly id: string;
  readonly driver: string;
  readonly devices: readonly string[];
  /** Of devices whose profile has variants of which none is named. */
  readonly variants: readonly VariantStatus[];
  readonly state: PartState;
  readonly counters: ChannelCounters;
  /** How its line copes; null while it is down, and where the driver does not know. */
  readonly line: LineReport | null;
  /** What a person should know of it while it works. */
  readonly notices: readonly LineNotice[];
  /** Other masters on its line; null where nobody else is let in. */
  readonly proxy: ProxyReport | null;
}

/** Which of its profile's variants a device told it is. */
export interface VariantStatus {
  readonly device: string;
  readonly profile: string;
  /** "several" and "none": it is read as the profile stands, until a person names one. */
  readonly verdict: "asking" | "one" | "several" | "none";
  readonly chosen: string | null;
  readonly names: readonly string[];
  /** What it answered when it was asked. */
  readonly evidence: readonly VariantEvidence[];
}

export interface UplinkStatus {
  readonly id: string;
  readonly type: string;
  readonly state: PartState;
  readonly backlog: Backlog;
  /** When the backlog will be gone, by the last minute; null if it does not shrink. */
  readonly drainsInMs: number | null;
  /** What the line may still carry; null before the first session. */
  readonly pace: PaceStatus | null;
  /** While up: these have acknowledged nothing for a minute of what they are sent. */
  readonly silentReceivers: readonly SilentReceiver[];
  /** When the far side last took something for good; null where it has not since it was begun. */
  readonly lastAckMs: number | null;
}

/** The buffer without its ranges. */
export interface BufferSummary {
  readonly appendedCount: number;
  readonly committedCount: number;
  readonly droppedCount: number;
  /** What became of every sample that the buffer's file ever took. */
  readonly totals: BufferTotals;
  /** Of `usedBytes`: kept for a receiver that asks again, and given up first. */
  readonly ackedBytes: number;
  /** Of samples: what `buffer.capacity` bounds. */
  readonly usedBytes: number;
  readonly capacityBytesMax: number;
  /** Of pictures; null while the gateway has had none. */
  readonly media: { readonly usedBytes: number; readonly capacityBytesMax: number } | null;
  /** Each stream by itself: those that have begun. */
  readonly fills: readonly StreamFill[];
  readonly gapCount: number;
  readonly streams: readonly {
    readonly stream: string;
    readonly epoch: string;
    readonly tailSeq: number;
    readonly headSeq: number;
  }[];
  /** Of the clock that dates the samples; null where nothing is known of it. */
  readonly clock: BufferClock | null;
  readonly problems: readonly string[];
}

/** One point as `/api/points` gives it; 64-bit values travel as decimal strings. */
export interface PointView {
  readonly id: PointId;
  readonly deviceId: string;
  readonly name: string;
  /** A word of the vocabulary of meanings, where a profile says one. */
  readonly meaning: string | null;
  /** What a healthy device shows, in its unit; null where anything may be. */
  readonly plausible: readonly [min: number, max: number] | null;
  readonly unit: string;
  readonly access: "read" | "readWrite";
  /** How often it is read; null where the device tells by itself. */
  readonly intervalMs: number | null;
  /** What is worth a sample; null where every reading is one. */
  readonly deadband: { readonly change: number; readonly heartbeatMs: number } | null;
  readonly quality: Sample["quality"] | "silent";
  readonly value: boolean | number | string | null;
  /** The text in `value` is a 64-bit integer. */
  readonly isInteger64: boolean;
  readonly timestampMs: number | null;
  readonly reason: string | null;
}

/** What a person wants to know of the buffer; nothing of pictures where there are none. */
export function summarizeBuffer(status: BufferStatus): BufferSummary {
  const { appendedCount, committedCount, droppedCount, gaps, problems } = status;
  const { totals, ackedBytes } = status;
  const { mediaUsedBytes, mediaCapacityBytesMax } = status;
  // A stream's first block only opens it.
  const hasMedia = status.epochs.some(({ stream, headSeq }) => stream === "media" && headSeq > 1);
  const isShown = (stream: Stream) =>
    stream === "media" ? hasMedia : status.epochs.some((epoch) => epoch.stream === stream);
  return {
    appendedCount,
    committedCount,
    droppedCount,
    totals,
    ackedBytes,
    usedBytes: status.usedBytes - mediaUsedBytes,
    capacityBytesMax: status.capacityBytesMax - mediaCapacityBytesMax,
    media: hasMedia ? { usedBytes: mediaUsedBytes, capacityBytesMax: mediaCapacityBytesMax } : null,
    fills: (status.fills ?? []).filter(({ stream }) => isShown(stream)),
    gapCount: gaps.length,
    streams: status.epochs
      .filter(({ stream }) => isShown(stream))
      .map(({ stream, epoch, tailSeq, headSeq }) => ({ stream, epoch, tailSeq, headSeq })),
    clock: status.clock ?? null,
    problems,
  };
}

/** What pages show of the configuration at all times. */
export interface ConfigStatus {
  readonly version: number;
  readonly who: string;
  readonly atMs: number;
  readonly probation: {
    readonly version: number;
    readonly leftMs: number;
    readonly uplinks: readonly { readonly id: string; readonly isProved: boolean }[];
    readonly needsWord: boolean;
  } | null;
}

export function configStatusOf(
  configuration: Configuration,
  unproved: (ids: readonly string[]) => readonly string[],
): ConfigStatus {
  const { version, who, atMs } = configuration.version;
  const probation = configuration.probation();
  if (!probation) return { version, who, atMs, probation };
  const { uplinkIds, ...rest } = probation;
  const waiting = configuration.unproved(unproved);
  const uplinks = uplinkIds.map((id) => ({ id, isProved: !waiting.includes(id) }));
  return { version, who, atMs, probation: { ...rest, uplinks } };
}

/** Of these uplinks those of which nothing was acknowledged since they were begun. */
export function unprovedIn(
  status: Pick<GatewayStatus, "uplinks"> | null,
  ids: readonly string[],
): string[] {
  const lastOf = (id: string) => status?.uplinks.find((uplink) => uplink.id === id)?.lastAckMs;
  return ids.filter((id) => typeof lastOf(id) !== "number");
}
