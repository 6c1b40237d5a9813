import { z } from "zod";
import type { WriteRequest } from "../../writes/write-desk.ts";
import type { WriteView } from "../../writes/write-view.ts";
import { type Caller, type Route, route } from "./route.ts";

const LISTED_MAX = 1000;

const writtenSchema = z.union([z.boolean(), z.number(), z.string()]).nullable();

const reportSchema = z
  .strictObject({
    id: z.string(),
    point: z.string(),
    value: writtenSchema,
    state: z.enum(["queued", "sent", "verified", "mismatch", "unknown", "refused", "cancelled"]),
    readBack: writtenSchema,
    reason: z.string().nullable(),
    by: z.string(),
    atMs: z.number().meta({ description: "When it was asked for" }),
  })
  .meta({ id: "WriteReport", description: "verified: the device has the value, read back" });

const body = z.strictObject({
  point: z.string().meta({ description: "device/point" }),
  value: z
    .union([z.boolean(), z.number(), z.string()])
    .meta({ description: "In engineering units; a large whole number goes as text" }),
  id: z.string().min(1).max(64).optional().meta({ description: "One given twice is sent once" }),
  selection: z.string().max(64).optional().meta({ description: "Of POST /api/selections" }),
});
const limit = z.number().nullable();
const outlookSchema = z
  .strictObject({
    point: z.string(),
    min: limit,
    max: limit,
    step: limit.meta({ description: "Whole steps from min, or 0" }),
    intervalMs: z.number().meta({ description: "Least time between two writes" }),
    selectMs: limit.meta({ description: "Selected first, and written within it; null: not" }),
    verifyMs: z.number().meta({ description: "How long it is read back; 0: it is not" }),
    tolerance: limit.meta({ description: "How far what is read back may be off" }),
    waitMs: z.number().meta({ description: "Until the next write is allowed" }),
    writes: z.array(reportSchema).meta({ description: "Of this point, the newest first" }),
  })
  .meta({ id: "WriteOutlook" });

type Body = z.output<typeof body>;

const WRITE = {
  method: "POST",
  role: "technician",
  csrf: "token",
  rate: "work",
  problems: ["misconfigured", "refused", "unreachable"],
} as const;

const LOOK = { method: "GET", role: "viewer", csrf: "none", rate: "read" } as const;

/** Routes that write to devices, and who did: `/api/writes`, `/api/selections`. */
export function writeRoutes(writes: WriteView): readonly Route[] {
  return [
    route({
      ...WRITE,
      path: "/api/writes",
      summary: "Writes a point within its limits, once, and reads it back",
      body,
      answer: reportSchema,
      handle: async ({ body, caller }) => await writes.write(requestOf(body, caller)),
    }),
    route({
      ...WRITE,
      path: "/api/selections",
      summary: "Selects a point for a write: the first half, where its config asks for two",
      body,
      answer: z.strictObject({
        selection: z.string(),
        point: z.string(),
        value: writtenSchema,
        validForMs: z.number(),
      }),
      handle: async ({ body, caller }) => await writes.select(requestOf(body, caller)),
    }),
    route({
      ...LOOK,
      path: "/api/writing",
      summary: "What a write of a point has to keep to, and what became of the last ones",
      problems: ["misconfigured", "unreachable"],
      query: z.strictObject({ point: z.string().meta({ description: "device/point" }) }),
      answer: outlookSchema,
      handle: async ({ query }) => await writes.look(query.point),
    }),
    route({
      ...LOOK,
      path: "/api/writes",
      summary: "What was written since the start, and the writes before it that are remembered",
      query: z.strictObject({ last: z.coerce.number().int().min(1).max(LISTED_MAX).default(50) }),
      answer: z.array(reportSchema),
      handle: async ({ query }) => (await writes.list()).slice(-query.last),
    }),
  ];
}

function requestOf({ point: pointId, value, id, selection }: Body, caller: Caller): WriteRequest {
  return { pointId, value, by: caller.name, id, selection };
}
