import { z } from "zod";
import type { GatewayStatus, GatewayView } from "../../status.ts";
import { createMetrics } from "../metrics.ts";
import { ApiProblem, notFound } from "./api-problem.ts";
import { Reply, type Route, type Rule, route, streamed } from "./route.ts";
import {
  channelStatusSchema,
  gatewayStatusSchema,
  pointViewSchema,
  uplinkStatusSchema,
} from "./status-schemas.ts";

const READ = { method: "GET", role: "viewer", csrf: "none", rate: "read" } as const;

/** The status, or the problem that there is none yet. */
export function statusOf(view: GatewayView): GatewayStatus {
  const status = view.status();
  if (status === null) throw new ApiProblem("starting", { headers: { "retry-after": "1" } });
  return status;
}

/** How the whole stands: status, channels, uplinks, points, metrics, health. */
export function statusRoutes(view: GatewayView): readonly Route[] {
  return [
    route({
      ...READ,
      path: "/api/status",
      summary: "The whole gateway at this moment",
      problems: ["starting"],
      answer: gatewayStatusSchema,
      handle: async () => statusOf(view),
    }),
    ...partRoutes(view),
    route({
      ...READ,
      rate: "bulk",
      path: "/api/points",
      summary: "Every point with its last sample, in the order of the configuration",
      query: z.strictObject({
        device: z.string().optional().meta({ description: "Of this device only" }),
        quality: z.enum(["good", "uncertain", "bad", "silent"]).optional(),
        search: z.string().max(200).optional().meta({ description: "In id, name or unit" }),
      }),
      answer: z.array(pointViewSchema),
      handle: async ({ query: { device, quality, search } }) => {
        const words = search?.toLowerCase();
        return view.points().filter((point) => {
          if (device !== undefined && point.deviceId !== device) return false;
          if (quality !== undefined && point.quality !== quality) return false;
          const text = words === undefined ? "" : `${point.id} ${point.name} ${point.unit}`;
          return words === undefined || text.toLowerCase().includes(words);
        });
      },
    }),
    ...healthRoutes(view),
  ];
}

function partRoutes(view: GatewayView): readonly Route[] {
  const one = { ...READ, problems: ["starting", "not-found"] } satisfies Partial<Rule>;
  return [
    route({
      ...READ,
      path: "/api/channels",
      summary: "Every channel: its state, its counters, how its line copes",
      problems: ["starting"],
      answer: z.array(channelStatusSchema),
      handle: async () => statusOf(view).channels,
    }),
    route({
      ...one,
      path: "/api/channels/:channel",
      summary: "One channel",
      params: z.strictObject({ channel: z.string() }),
      answer: channelStatusSchema,
      handle: async ({ params }) => {
        const found = statusOf(view).channels.find(({ id }) => id === params.channel);
        if (!found) throw notFound(`channel "${params.channel}"`);
        return found;
      },
    }),
    route({
      ...READ,
      path: "/api/uplinks",
      summary: "Every uplink: its state, its backlog, when that will be gone",
      problems: ["starting"],
      answer: z.array(uplinkStatusSchema),
      handle: async () => statusOf(view).uplinks,
    }),
    route({
      ...one,
      path: "/api/uplinks/:uplink",
      summary: "One uplink",
      params: z.strictObject({ uplink: z.string() }),
      answer: uplinkStatusSchema,
      handle: async ({ params }) => {
        const found = statusOf(view).uplinks.find(({ id }) => id === params.uplink);
        if (!found) throw notFound(`uplink "${params.uplink}"`);
        return found;
      },
    }),
  ];
}

function healthRoutes(view: GatewayView): readonly Route[] {
  // Made when first asked for: it watches the process, which is not for a port that is taken.
  let metrics: ReturnType<typeof createMetrics> | undefined;
  return [
    route({
      ...READ,
      rate: "bulk",
      path: "/metrics",
      summary: "Figures for Prometheus",
      answer: "text/plain; version=0.0.4; charset=utf-8",
      handle: async () => {
        metrics ??= createMetrics(view);
        return streamed("text/plain; version=0.0.4; charset=utf-8", await (await metrics)());
      },
    }),
    route({
      ...READ,
      role: "anyone",
      path: "/healthz",
      summary: "Whether the buffer is sound: 200, or 503",
      answer: z.strictObject({ ok: z.boolean(), problems: z.array(z.string()) }),
      handle: async () => {
        const status = view.status();
        const problems = status === null ? ["the gateway is starting"] : status.buffer.problems;
        const ok = problems.length === 0;
        return new Reply({ ok, problems }, { status: ok ? 200 : 503 });
      },
    }),
  ];
}
