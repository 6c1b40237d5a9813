import { Readable } from "node:stream";
import { Misconfigured } from "@headgate/model";
import { z } from "zod";
import type { FieldView } from "../../field-view.ts";
import { readNumbers } from "../../find/hosts.ts";
import { followFrames, framesOf, recordLine } from "../../line/line-view.ts";
import type { GatewayView } from "../../status.ts";
import { frameSchema, inspectReportSchema, unitCountersSchema } from "./line-schemas.ts";
import { type Route, type Rule, route, streamed } from "./route.ts";
import { pointViewSchema } from "./status-schemas.ts";

/** A trace that somebody forgot ends by itself. */
const FOLLOW_SECONDS_MAX = 600;

const WORK = {
  method: "GET",
  role: "technician",
  csrf: "none",
  rate: "work",
  problems: ["misconfigured", "refused", "unreachable"],
} as const satisfies Partial<Rule>;

const channelParams = z.strictObject({ channel: z.string() });
const duration = z.strictObject({
  seconds: z.coerce
    .number()
    .min(0)
    .max(FOLLOW_SECONDS_MAX)
    .default(FOLLOW_SECONDS_MAX)
    .meta({ description: "How long; as long as may be if absent" }),
});

/** Routes about devices and their lines: `/api/inspect`, `/api/channels/…`. */
export function lineRoutes(field: FieldView): readonly Route[] {
  return [inspectRoute(field), searchRoute(field), ...traceRoutes(field), ...longRoutes(field)];
}

function inspectRoute(field: FieldView): Route {
  return route({
    ...WORK,
    path: "/api/inspect",
    summary: "Reads registers and ranks what they may mean",
    query: z.strictObject({
      device: z.string().optional(),
      point: z.string().optional().meta({ description: "device/point, instead of a device" }),
      address: z.string().optional().meta({ description: "holding:40" }),
      shows: z.string().optional().meta({ description: "What the device's display shows: 230.1" }),
      unit: z.string().optional(),
      min: z.coerce.number().optional(),
      max: z.coerce.number().optional(),
    }),
    answer: inspectReportSchema,
    handle: async ({ query }) => {
      const textOf = (text: string | undefined) =>
        text === undefined || text === "" ? null : text;
      const name = textOf(query.point) ?? textOf(query.device);
      if (name === null) {
        throw new Misconfigured(
          "inspect what? add ?device=…&address=holding:40, or ?point=device/point",
        );
      }
      const { min = null, max = null } = query;
      const hints = { shows: textOf(query.shows), unit: textOf(query.unit), min, max };
      return await field.inspect({ name, address: textOf(query.address), hints });
    },
  });
}

const NAMES_MAX = 10_000;

/** `/api/read`: what devices say at this moment. */
export function readRoute(view: GatewayView): Route {
  return route({
    ...WORK,
    path: "/api/read",
    summary: "Reads devices or points once, beside their scans",
    query: z.strictObject({
      names: z.string().max(NAMES_MAX).default("").meta({
        description: "device or device/point, with commas between; all if absent",
      }),
    }),
    answer: z.strictObject({
      views: z.array(pointViewSchema),
      exitCode: z.number().meta({ description: "0 all good, 1 some bad, 3 a line is down" }),
    }),
    handle: async ({ query: { names } }) => {
      if (!view.read) throw new Misconfigured("nothing can be read here");
      const { views, exitCode } = await view.read(names.split(",").filter((one) => one !== ""));
      return { views: [...views], exitCode };
    },
  });
}

function traceRoutes(field: FieldView): readonly Route[] {
  return [
    route({
      ...WORK,
      path: "/api/channels/:channel/trace",
      summary: "The last frames of a line, from the oldest to the newest",
      params: channelParams,
      answer: z.strictObject({
        tsharkOptions: z
          .string()
          .meta({ description: "What tshark must be told to read a recording" }),
        frames: z.array(frameSchema),
      }),
      handle: async ({ params }) => {
        const view = field.line(params.channel);
        return { tsharkOptions: view.protocol.tsharkOptions, frames: framesOf(view) };
      },
    }),
    route({
      ...WORK,
      role: "viewer",
      path: "/api/channels/:channel/units",
      summary: "How each unit of a line has answered since the start",
      params: channelParams,
      answer: z.strictObject({ strayCount: z.number(), units: z.array(unitCountersSchema) }),
      handle: async ({ params }) => {
        const { watch } = field.line(params.channel);
        return { strayCount: watch.strayCount, units: watch.units() };
      },
    }),
  ];
}

function searchRoute(field: FieldView): Route {
  return route({
    ...WORK,
    rate: "stream",
    path: "/api/channels/:channel/search",
    summary: "Looks who is on a serial line and which profiles fit, as lines of JSON; only reads",
    params: channelParams,
    query: z.strictObject({
      units: z.string().default("1-247").meta({ description: "Unit ids to ask: 1-32,40" }),
      timeoutMs: z.coerce.number().min(20).max(10_000).default(200),
    }),
    answer: "application/x-ndjson",
    handle: async ({ params, query }) => {
      const unitIds = readNumbers(query.units, [1, 247]);
      if (typeof unitIds === "string") throw new Misconfigured(`units ${unitIds}`);
      const { timeoutMs } = query;
      const lines = field.search(params.channel, { unitIds, timeoutMs });
      return streamed("application/x-ndjson", Readable.from(lines));
    },
  });
}

function longRoutes(field: FieldView): readonly Route[] {
  const LONG = { ...WORK, rate: "stream", params: channelParams, query: duration } as const;
  return [
    route({
      ...LONG,
      path: "/api/channels/:channel/trace/follow",
      summary: "The frames that are kept, then each that comes, as lines of JSON",
      answer: "application/x-ndjson",
      handle: async ({ params, query }) => {
        const frames = followFrames(field.line(params.channel), query.seconds * 1000);
        return streamed("application/x-ndjson", Readable.from(frames));
      },
    }),
    route({
      ...LONG,
      path: "/api/channels/:channel/recording.pcap",
      summary: "The same as Wireshark reads it",
      answer: "application/vnd.tcpdump.pcap",
      handle: async ({ params, query }) => {
        const bytes = recordLine(field.line(params.channel), query.seconds * 1000);
        const body = Readable.from(bytes, { objectMode: false });
        return streamed("application/vnd.tcpdump.pcap", body);
      },
    }),
  ];
}
