import { Readable } from "node:stream";
import type { PointHistory, Rollup } from "@headgate/sync/history";
import { z } from "zod";
import type { HistoryAsked, HistoryView } from "../../history-view.ts";
import type { GatewayView } from "../../status.ts";
import { historyCsv } from "../history-csv.ts";
import { siteTime } from "../site-time.ts";
import { notFound } from "./api-problem.ts";
import {
  historyStatusSchema,
  type PointHistoryView,
  pointHistorySchema,
} from "./history-schemas.ts";
import { Reply, type Route, route } from "./route.ts";
import { statusOf } from "./status-routes.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SPAN_MS_MAX = 1000 * DAY_MS;
/** An answer is made at one go: it must not hold up the reading of devices. */
const COUNT_MAX = 10_000;
const QUALITIES = ["good", "uncertain", "bad"] as const;

const READ = { method: "GET", role: "viewer", csrf: "none" } as const;
const params = z.strictObject({ device: z.string(), point: z.string() });
const time = z.coerce.number().min(0).max(8e15).optional();
const range = {
  from: time.meta({ description: "Milliseconds since 1970, UTC; an hour before `to` if absent" }),
  to: time.meta({ description: "Now if absent" }),
};

const count = z.coerce.number().int().min(1).max(COUNT_MAX).default(2000).meta({
  description: "Of samples; of stretches, which auto makes as wide as that takes",
});

/** What was recorded of points: `/api/history`, `/api/points/:device/:point/history`. */
export function historyRoutes(view: GatewayView, history: HistoryView): readonly Route[] {
  return [
    route({
      ...READ,
      rate: "read",
      path: "/api/history",
      summary: "How much is recorded for trends, and since when",
      problems: ["misconfigured", "refused"],
      answer: historyStatusSchema,
      handle: async () => {
        const { file, fault } = history.status();
        const none = { rawFromMs: null, minutesFromMs: null, quartersFromMs: null };
        const capacityBytesMax = view.config?.history.capacityBytesMax ?? 0;
        const empty = {
          usedBytes: 0,
          capacityBytesMax,
          ...none,
          setAsidePath: "",
          setAsideReason: "",
        };
        return { ...(file ?? empty), fault };
      },
    }),
    oneRoute(view, history),
    csvRoute(view, history),
  ];
}

function oneRoute(view: GatewayView, history: HistoryView): Route {
  return route({
    ...READ,
    rate: "bulk",
    path: "/api/points/:device/:point/history",
    summary: "What was recorded of a point, with its gaps",
    params,
    query: z.strictObject({
      ...range,
      resolution: z.enum(["auto", "raw", "minute", "quarter"]).default("auto").meta({
        description: "auto: the finest that reaches back so far and comes to no more than `count`",
      }),
      count,
    }),
    problems: ["starting", "not-found", "misconfigured", "refused"],
    answer: pointHistorySchema,
    handle: async ({ params, query }) => {
      const { id, unit } = pointOf(view, params);
      const span = spanOf(view, query);
      const asked = { ...span, resolution: query.resolution, countMax: query.count };
      return viewOf(await history.query(id, asked), { point: id, unit, ...span });
    },
  });
}

function csvRoute(view: GatewayView, history: HistoryView): Route {
  return route({
    ...READ,
    rate: "work",
    path: "/api/points/:device/:point/history.csv",
    summary: "The same as a table for a spreadsheet: times of the site in ISO 8601, with offset",
    params,
    query: z.strictObject({
      ...range,
      resolution: z.enum(["auto", "raw", "minute", "quarter"]).default("raw").meta({
        description: "auto: just what the same question gets in JSON; else all of a kind",
      }),
      count,
    }),
    problems: ["starting", "not-found", "misconfigured", "refused"],
    answer: "text/csv; charset=utf-8",
    handle: async ({ params, query, signal }) => {
      const { id } = pointOf(view, params);
      const ask = (part: HistoryAsked) => history.query(id, part);
      const { resolution, count: countMax } = query;
      const asked = { ...spanOf(view, query), resolution, countMax };
      const clock = siteTime(view.config?.gateway.timezone ?? "UTC");
      const parts = historyCsv(ask, { asked, clock, signal });
      // Asked first: what goes wrong is still said as a problem.
      const head = await parts.next();
      const whole = async function* () {
        if (head.done) return;
        yield head.value;
        yield* parts;
      };
      const name = `${params.device}-${params.point}.csv`.replaceAll(/[^\w.-]/g, "_");
      return new Reply(Readable.from(whole()), {
        headers: {
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": `attachment; filename="${name}"`,
        },
      });
    },
  });
}

function pointOf(view: GatewayView, { device, point }: z.output<typeof params>) {
  const id = `${device}/${point}`;
  const configs = view.config?.channels.flatMap(({ devices }) => devices) ?? [];
  const found = configs.flatMap(({ points }) => points).find((config) => config.point.id === id);
  if (!found) throw notFound(`point "${id}"`);
  return { id, unit: found.unit };
}

interface Asked {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

function spanOf(view: GatewayView, { from, to }: Asked) {
  const toMs = to ?? statusOf(view).atMs;
  const fromMs = Math.min(toMs, Math.max(from ?? toMs - HOUR_MS, toMs - SPAN_MS_MAX));
  return { fromMs, toMs };
}

type About = Pick<PointHistoryView, "point" | "unit" | "fromMs" | "toMs">;

function viewOf(found: PointHistory, about: About): PointHistoryView {
  const { kind, sinceMs, isCut, gaps } = found;
  const increase = finite(found.increase);
  const common = { ...about, kind, sinceMs, increase, isCut, gaps: [...gaps] };
  if (found.kind === "rolled") {
    const { increases } = found;
    const stretches = found.rollups.map((rollup, at) => stretchOf(rollup, increases[at]));
    return { ...common, widthMs: found.widthMs, samples: [], stretches };
  }
  const { values, qualities } = found;
  const samples = Array.from(found.timesMs, (timeMs, at): PointHistoryView["samples"][number] => {
    return [timeMs, finite(values[at]), QUALITIES[qualities[at] ?? 2] ?? "bad"];
  });
  return { ...common, widthMs: null, samples, stretches: [] };
}

function stretchOf({ atMs, count, badCount, ...numbers }: Rollup, increase: number | undefined) {
  const { min, max, mean, first, last } = numbers;
  return {
    ...{ atMs, count, badCount, min: finite(min), max: finite(max), mean: finite(mean) },
    ...{ first: finite(first), last: finite(last), increase: finite(increase) },
  };
}

/** JSON has no other numbers. */
const finite = (value: number | undefined) => (Number.isFinite(value) ? (value as number) : null);
