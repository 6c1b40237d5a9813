import { STREAMS } from "@headgate/model";
import { z } from "zod";
import type { GatewayStatus, PointView } from "../../status.ts";

const count = z.number().min(0);
const atMs = z.number().meta({ description: "UTC, ms since 1970" });

/** Where a part stands: a line, an uplink. */
export const partStateSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("opening") }),
    z.strictObject({ kind: z.literal("up"), sinceMs: atMs }),
    z.strictObject({
      kind: z.enum(["waiting", "parked"]).meta({ description: "parked: a person is needed" }),
      sinceMs: atMs,
      reason: z.string(),
      retryInMs: z.number(),
      retryAtMs: atMs,
    }),
  ])
  .meta({ id: "PartState" });

const lineReportSchema = z
  .strictObject({
    busyPercent: z.number(),
    wantedPercent: z.number(),
    scanClasses: z.array(
      z.strictObject({
        intervalMs: z.number(),
        requestCount: count,
        lineMs: z.number(),
        predictedCycleMs: z.number(),
        achievedCycleMs: z.number().nullable(),
      }),
    ),
    deadUnits: z.array(z.number()),
  })
  .meta({ id: "LineReport" });

const proxyReportSchema = z
  .strictObject({
    listensAt: z.string().nullable(),
    clientCount: count,
    requestCount: count,
    cachedCount: count,
    writeCount: count,
    deniedCount: count,
    rejectedCount: count,
  })
  .meta({ id: "ProxyReport", description: "Other masters on the channel's line" });

const variantStatusSchema = z
  .strictObject({
    device: z.string(),
    profile: z.string(),
    verdict: z.enum(["asking", "one", "several", "none"]),
    chosen: z.string().nullable(),
    names: z.array(z.string()),
    evidence: z
      .array(
        z.strictObject({
          variant: z.string(),
          what: z.string().meta({ description: "A point of the profile, or a register" }),
          said: z.string().meta({ description: "Its value, or why there is none" }),
          isAsExpected: z.boolean(),
        }),
      )
      .meta({ description: "What it answered when it was asked" }),
  })
  .meta({ id: "VariantStatus", description: "Which variant of its profile a device told it is" });

const lineNoticeSchema = z
  .strictObject({
    code: z.enum(["read-not-watched", "certificate-expiring", "certificate-expired"]),
    text: z.string(),
  })
  .meta({ id: "LineNotice" });

export const channelStatusSchema = z
  .strictObject({
    id: z.string(),
    driver: z.string(),
    devices: z.array(z.string()),
    variants: z.array(variantStatusSchema).meta({
      description: "Of devices whose profile has variants of which none is named",
    }),
    state: partStateSchema,
    counters: z.strictObject({
      scanCount: count,
      missedScanCount: count,
      lastScanMs: z.number(),
      sampleCount: count,
    }),
    line: lineReportSchema.nullable(),
    notices: z.array(lineNoticeSchema).meta({
      description: "What a person should know of the line while it works",
    }),
    proxy: proxyReportSchema.nullable(),
  })
  .meta({ id: "Channel" });

export const qualityCountsSchema = z
  .strictObject({ good: count, uncertain: count, bad: count, silent: count })
  .meta({ id: "QualityCounts", description: "silent: has not spoken yet" });

const streamFillSchema = z.strictObject({
  stream: z.enum(STREAMS),
  usedBytes: count,
  capacityBytesMax: count,
  ackedBytes: count,
  thinnedCount: count,
  goneCounts: z
    .record(z.string(), count)
    .meta({ description: "By reason: capacity, damaged, disk-full, quarantined, expired" }),
});

const bufferSchema = z
  .strictObject({
    appendedCount: count,
    committedCount: count,
    droppedCount: count,
    totals: z.strictObject({
      takenCount: count,
      storedCount: count,
      thinnedCount: count,
      goneCount: count,
    }),
    ackedBytes: count,
    usedBytes: count,
    capacityBytesMax: count,
    media: z.strictObject({ usedBytes: count, capacityBytesMax: count }).nullable(),
    fills: z.array(streamFillSchema),
    gapCount: count,
    streams: z.array(
      z.strictObject({ stream: z.string(), epoch: z.string(), tailSeq: count, headSeq: count }),
    ),
    clock: z
      .strictObject({
        isSynced: z.boolean(),
        source: z.string(),
        stepCount: count,
        lastStep: z.strictObject({ ms: z.number(), atMs }).nullable(),
      })
      .nullable(),
    problems: z.array(z.string()),
  })
  .meta({ id: "Buffer" });

export const uplinkStatusSchema = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    state: partStateSchema,
    backlog: z.strictObject({ blocks: count }),
    drainsInMs: z.number().nullable(),
    pace: z
      .strictObject({
        mode: z.enum(["all", "live-only", "gathered", "spent"]),
        bytesPerSecondMax: z.number().nullable(),
        month: z.strictObject({ usedBytes: count, bytesMax: count }).nullable(),
      })
      .nullable(),
    silentReceivers: z.array(z.strictObject({ id: z.string(), forMs: z.number() })),
    lastAckMs: atMs
      .nullable()
      .meta({ description: "When the far side last took something for good, since it was begun" }),
  })
  .meta({ id: "Uplink" });

export const probationSchema = z
  .strictObject({
    version: z.int(),
    leftMs: z.number(),
    uplinks: z
      .array(z.strictObject({ id: z.string(), isProved: z.boolean() }))
      .meta({ description: "That it changed: proved once something was acknowledged" }),
    needsWord: z.boolean().meta({
      description: "Somebody has to confirm it; else it stays as soon as all uplinks are proved",
    }),
  })
  .nullable()
  .meta({ description: "The version to be confirmed, or the one before it comes back" });

/** `/api/status`. */
export const gatewayStatusSchema = z
  .strictObject({
    gateway: z.strictObject({
      id: z.string(),
      name: z.string(),
      version: z.string(),
      timezone: z.string().meta({ description: "Of the site, as IANA names it" }),
    }),
    atMs,
    startedMs: atMs,
    channels: z.array(channelStatusSchema),
    points: qualityCountsSchema,
    buffer: bufferSchema,
    uplinks: z.array(uplinkStatusSchema),
    config: z
      .strictObject({ version: z.int(), who: z.string(), atMs, probation: probationSchema })
      .nullable()
      .meta({ description: "The configuration in use; null where nobody can change it" }),
    webUrl: z.string().nullable(),
  })
  .meta({ id: "Status" });

/** One point with its last sample. */
export const pointViewSchema = z
  .strictObject({
    id: z.string().meta({ description: '"device/point"' }),
    deviceId: z.string(),
    name: z.string(),
    meaning: z.string().nullable().meta({
      description: "What it is, as /api/meanings has it; null where no profile says it",
    }),
    plausible: z.tuple([z.number(), z.number()]).readonly().nullable().meta({
      description: "What a healthy device shows, in its unit; null where anything may be",
    }),
    unit: z.string(),
    access: z.enum(["read", "readWrite"]),
    intervalMs: z
      .number()
      .nullable()
      .meta({ description: "How often it is read; null where the device tells by itself" }),
    deadband: z
      .strictObject({ change: z.number(), heartbeatMs: z.number() })
      .nullable()
      .meta({ description: "What is worth a sample; null where every reading is one" }),
    quality: z.enum(["good", "uncertain", "bad", "silent"]),
    value: z.union([z.boolean(), z.number(), z.string()]).nullable(),
    isInteger64: z.boolean().meta({ description: "The text in value is a 64-bit integer" }),
    timestampMs: atMs.nullable(),
    reason: z.string().nullable().meta({ description: "Why it is bad" }),
  })
  .meta({ id: "Point" });

// The schemas and the types that they describe do not part.
gatewayStatusSchema satisfies z.ZodType<GatewayStatus>;
pointViewSchema satisfies z.ZodType<PointView>;
