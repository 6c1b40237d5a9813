import { z } from "zod";

const MS = "Milliseconds since 1970, UTC";
const number = z.number().nullable();

/** A sample: when, what (null where it is bad; switches are 0 and 1), how good. */
const sampleRow = z
  .tuple([z.number().meta({ description: MS }), number, z.enum(["good", "uncertain", "bad"])])
  .meta({ description: "[timestampMs, value or null, quality]" });

const stretchSchema = z
  .strictObject({
    atMs: z.number().meta({ description: `${MS}: where it begins; it is widthMs long` }),
    count: z.int().meta({ description: "Samples with a value; without any, all numbers are null" }),
    badCount: z.int().meta({ description: "Samples without one" }),
    min: number.meta({ description: "In the point's unit, as all that follows" }),
    max: number,
    mean: number.meta({ description: "Of the samples, each counted alike" }),
    first: number,
    last: number,
    increase: number.meta({
      description:
        "How far a counter went in it and since the stretch before; " +
        "one that falls by more than half has begun anew at nought, unless the next reading is " +
        "back; one that falls by less, but more than a thousandth, was exchanged",
    }),
  })
  .meta({ id: "HistoryStretch", description: "What a stretch of time came to" });

/** One point's history, as it is answered. */
export const pointHistorySchema = z
  .strictObject({
    point: z.string().meta({ description: "device/point" }),
    unit: z.string().meta({ description: "Of every number here" }),
    fromMs: z.number().meta({ description: MS }),
    toMs: z.number().meta({ description: MS }),
    kind: z.enum(["raw", "rolled"]).meta({ description: "raw: samples; rolled: stretches" }),
    widthMs: z.number().nullable().meta({ description: "Of each stretch; null where raw" }),
    sinceMs: number.meta({ description: "So far back this kind reaches; null: nowhere" }),
    increase: number.meta({ description: "How far a counter went over all that is told here" }),
    isCut: z.boolean().meta({ description: "There are more samples after the last one here" }),
    gaps: z
      .array(
        z.strictObject({
          fromMs: z.number(),
          toMs: z.number(),
          why: z.enum(["bad", "off", "silent"]).meta({
            description:
              "bad: it could not be read; off: nothing was recorded; " +
              "silent: scans were due and nothing came",
          }),
        }),
      )
      .meta({ description: "When nothing is known of its value" }),
    samples: z.array(sampleRow).meta({ description: "Where raw, by time" }),
    stretches: z.array(stretchSchema).meta({ description: "Where rolled, by time" }),
  })
  .meta({ id: "PointHistory" });
export type PointHistoryView = z.infer<typeof pointHistorySchema>;

/** How much is recorded. */
export const historyStatusSchema = z
  .strictObject({
    usedBytes: z.number().meta({ description: "Of the file, its journal and one set aside" }),
    capacityBytesMax: z.number().meta({ description: "history.capacity" }),
    rawFromMs: number.meta({ description: "Since when samples are kept" }),
    minutesFromMs: number.meta({ description: "Since when minutes are" }),
    quartersFromMs: number.meta({ description: "Since when quarters of an hour are" }),
    setAsidePath: z.string().meta({ description: "A damaged file that was set aside, or empty" }),
    setAsideReason: z.string().meta({ description: "What was wrong with it" }),
    fault: z.string().meta({ description: "Why nothing is recorded just now; empty: all is well" }),
  })
  .meta({ id: "HistoryStatus" });
