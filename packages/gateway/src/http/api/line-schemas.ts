import { z } from "zod";
import type { InspectReport } from "../../inspect/inspect-device.ts";
import type { UnitCounters } from "../../line/line-meter.ts";
import type { FrameView } from "../../line/line-view.ts";

const unit = z.union([z.number(), z.string()]);

/** One frame of a line, its bytes in hexadecimal. */
export const frameSchema = z
  .strictObject({
    atMs: z.number(),
    direction: z.enum(["sent", "received"]),
    bytes: z.string(),
    unit: unit.nullable(),
    text: z.string(),
    fault: z.enum(["exception", "checksum", "late", "foreign", "noise"]).nullable(),
    roundTripMs: z.number().nullable(),
  })
  .meta({ id: "Frame" });

/** What became of one unit's requests. */
export const unitCountersSchema = z
  .strictObject({
    unit,
    requestCount: z.number(),
    okCount: z.number(),
    timeoutCount: z.number(),
    checksumCount: z.number(),
    foreignCount: z.number(),
    malformedCount: z.number(),
    exceptions: z.record(z.string(), z.number()),
    roundTripMs: z.strictObject({ p50: z.number(), p95: z.number(), max: z.number() }).nullable(),
    longestSilenceMs: z.number(),
  })
  .meta({ id: "UnitCounters" });

const hintsSchema = z.strictObject({
  shows: z.string().nullable(),
  unit: z.string().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
});

const REASONS = [
  "shows-exactly",
  "shows-cut",
  "shows-near",
  "offset",
  "order-usual",
  "order-rare",
  "scaled",
  "few-digits",
  "fits-unit",
  "beside-unit",
  "within-limits",
  "outside-limits",
  "neighbours-fit",
  "neighbours-differ",
  "steady",
  "jumps",
  "sign-unknown",
  "reads-alike",
] as const;

const interpretationSchema = z.strictObject({
  offset: z.number(),
  settings: z.strictObject({
    address: z.string(),
    type: z.string(),
    order: z.string().nullable(),
    scale: z.number(),
  }),
  bytes: z.string(),
  value: z.union([z.number(), z.string()]),
  share: z.number(),
  reasons: z.array(
    z.strictObject({
      code: z.enum(REASONS),
      params: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
});

/** Raw registers and all that they may mean. */
export const inspectReportSchema = z
  .strictObject({
    device: z.string(),
    channel: z.string(),
    point: z.string().nullable(),
    hints: hintsSchema,
    line: z.string().nullable().meta({ description: "The likeliest, as the configuration has it" }),
    unit,
    address: z.string(),
    words: z.array(
      z.strictObject({
        address: z.string(),
        offset: z.number(),
        word: z.number().nullable(),
        hasChanged: z.boolean(),
        refusal: z.string().nullable(),
      }),
    ),
    elsewhere: z.string().nullable(),
    interpretations: z.array(interpretationSchema),
    verdict: z.enum(["certain", "likely", "open", "none"]),
  })
  .meta({ id: "InspectReport" });

frameSchema satisfies z.ZodType<FrameView>;
unitCountersSchema satisfies z.ZodType<UnitCounters>;
inspectReportSchema satisfies z.ZodType<InspectReport>;
