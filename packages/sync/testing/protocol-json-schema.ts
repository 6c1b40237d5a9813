import { STREAMS } from "@headgate/model";
import { z } from "zod";
import { ackSchema, fenceSchema, helloSchema, requestSchema } from "../src/protocol/messages.ts";
import { recordSchema } from "../src/protocol/point-list-record.ts";
import {
  KIND_CODES,
  LANE_CODES,
  PROTOCOL_VERSION,
  REASON_CODES,
} from "../src/protocol/wire-code.ts";

// The frame is read field by field, since it is large and comes often: here it is told once more,
// and the tests beside this file hold the two together.

const count = z.number().int().nonnegative();
const number = z.number().int().positive();
const timeMs = z.number().int();
const hash = z.string().regex(/^[0-9a-f]{16}$/);
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

const quality = z.union([
  z.tuple([count, z.literal("uncertain")]),
  z.tuple([count, z.literal("bad"), z.string()]),
]);

const series = z.object({
  p: z.string().describe("point id"),
  y: z.enum(["int", "float"]).optional().describe("values beyond JSON's numbers, as text"),
  t: z.array(timeMs).describe("milliseconds after the block's t0"),
  v: z.array(z.union([z.number(), z.boolean(), z.string(), z.null()])),
  q: z.array(quality).optional().describe("what is not good"),
});

const clock = z.object({ boot: z.string(), bt: count, sync: z.boolean(), step: count });
const span = { n: count, t0: timeMs, t1: timeMs };
const names = { sch: z.union([hash, z.literal("")]), h: hash };
const range = { b: number, b1: number };

const gap = z.object({
  k: z.literal("gap"),
  ...range,
  ...span,
  why: z.enum(Object.keys(REASON_CODES)),
});
const thinned = z.object({
  k: z.literal("thinned"),
  ...range,
  ...span,
  kept: count,
  ...names,
  body: base64,
});
const data = z.object({
  k: z.literal("data"),
  b: number,
  ...span,
  ...names,
  clk: clock.optional(),
  s: z.array(series),
});
const BODY_KINDS = Object.keys(KIND_CODES).filter(
  (kind) => kind !== "data" && kind !== "gap" && kind !== "thinned",
);
const whole = z.object({
  k: z.enum(BODY_KINDS),
  b: number,
  ...span,
  ...names,
  clk: clock.optional(),
  body: base64,
});

const frame = z.object({
  v: z.literal(PROTOCOL_VERSION),
  gw: z.string().min(1).max(200),
  st: z.enum(STREAMS),
  ep: z.string().min(1).max(200),
  lane: z.enum(Object.keys(LANE_CODES)),
  entries: z.array(z.union([data, gap, thinned, whole])).min(1),
});

const MESSAGES = {
  frame,
  pointList: recordSchema,
  hello: helloSchema,
  ack: ackSchema,
  request: requestSchema,
  fence: fenceSchema,
};

/** What every JSON message of the protocol looks like, each below `$defs`. */
export function protocolJsonSchema(): Record<string, unknown> {
  const defs = Object.entries(MESSAGES).map(([name, schema]) => {
    // What a peer may say, before unknown fields are dropped.
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
    return [name, rest];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Headgate Sync Protocol 1: messages as JSON",
    $defs: Object.fromEntries(defs),
    anyOf: Object.keys(MESSAGES).map((name) => ({ $ref: `#/$defs/${name}` })),
  };
}
