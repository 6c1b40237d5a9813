import { z } from "zod";
import type { standingsOf } from "../../find/addition.ts";
import type { FindView, PlacesView } from "../../find/finder.ts";
import { draftSchema } from "./draft.ts";

export const placesSchema = z
  .strictObject({
    ports: z.array(
      z.strictObject({
        path: z.string(),
        channel: z
          .string()
          .nullable()
          .meta({ description: "That has it; the search takes turns with it" }),
        problem: z
          .string()
          .nullable()
          .meta({ description: "The driver of its channel, where that cannot be searched" }),
        usualMs: z.number().meta({ description: "At most, if nobody answers: ids 1 to 32" }),
        allMs: z.number().meta({ description: "The same of all ids" }),
      }),
    ),
    networks: z.array(
      z.strictObject({ name: z.string(), network: z.string(), usualMs: z.number() }),
    ),
  })
  .meta({ id: "FindPlaces" });

const taskSchema = z.strictObject({
  name: z.string().meta({ description: "The serial port; empty for the network" }),
  state: z.enum(["running", "done", "failed"]),
  doing: z.enum(["look", "read"]),
  at: z.string(),
  unitId: z.number().nullable(),
  doneCount: z.number(),
  lookCount: z.number(),
  leftMs: z.number(),
  notes: z.array(z.string()),
  fault: z.string().nullable(),
});

const texts = z.strictObject({ en: z.string(), zh: z.string() });
const proposalSchema = z.strictObject({
  profile: z.string(),
  variant: z.string().nullable(),
  variantName: texts.nullable(),
  name: texts,
  models: z.array(z.string()),
  score: z.number().meta({ description: "0 to 99" }),
  values: z.array(
    z.strictObject({
      point: z.string(),
      meaning: z.string(),
      value: z.union([z.number(), z.string()]),
      unit: z.string(),
    }),
  ),
  absent: z
    .array(z.string())
    .meta({ description: "Points that the device says it does not have: they are left out" }),
});

const thingSchema = z
  .strictObject({
    key: z.string(),
    kind: z.enum(["meter", "camera", "server"]),
    channel: z.record(z.string(), z.unknown()),
    device: z.record(z.string(), z.union([z.number(), z.string()])),
    where: z.string(),
    trouble: z.enum(["conflict", "garbled"]).nullable(),
    said: z.string(),
    answerMs: z.number().nullable(),
    identity: z
      .strictObject({
        by: z.string(),
        manufacturer: z.string(),
        model: z.string(),
        version: z.string(),
        serial: z.string(),
      })
      .nullable(),
    verdict: z.enum(["one", "several", "weak", "none"]),
    proposals: z.array(proposalSchema),
    isRead: z.boolean().meta({ description: "False while it only answered" }),
    needsLogin: z.boolean(),
    offers: z.array(z.string()),
    existing: z.string().nullable().meta({ description: "The device that it is already" }),
    name: z.string().meta({ description: "Free, or of the device that it is" }),
  })
  .meta({ id: "FoundThing" });

/** A draft, and the devices that it adds. */
export const additionSchema = z
  .strictObject({
    ...draftSchema.shape,
    secrets: z
      .array(z.array(z.string()))
      .meta({ description: "Passwords that were typed: send these with PUT /api/config" }),
    added: z.array(
      z.strictObject({
        key: z.string(),
        device: z.string(),
        firstPoint: z
          .string()
          .nullable()
          .meta({ description: "What a device without a profile begins with" }),
      }),
    ),
  })
  .meta({ id: "FindDraft" });

export const findSchema = z
  .strictObject({
    id: z.int().meta({ description: "0 before the first search" }),
    state: z.enum(["none", "running", "done", "stopped"]),
    by: z.string(),
    startedMs: z.number(),
    tookMs: z.number(),
    leftMs: z.number().nullable(),
    tasks: z.array(taskSchema),
    things: z.array(thingSchema),
  })
  .meta({ id: "Find" });

placesSchema satisfies z.ZodType<PlacesView>;
taskSchema satisfies z.ZodType<FindView["tasks"][number]>;
thingSchema satisfies z.ZodType<ReturnType<typeof standingsOf>[number]>;
