import { z } from "zod";
import { forgetLearned, showLearned } from "../../commands/learned.ts";
import type { DeviceConfig, GatewayConfig } from "../../config/config.ts";
import type { FieldView } from "../../field-view.ts";
import type { GatewayView, PointView } from "../../status.ts";
import { notFound } from "./api-problem.ts";
import { unitCountersSchema } from "./line-schemas.ts";
import { type Route, route } from "./route.ts";
import { statusOf } from "./status-routes.ts";
import { partStateSchema, pointViewSchema, qualityCountsSchema } from "./status-schemas.ts";

const deviceShape = {
  id: z.string(),
  name: z.string(),
  channel: z.string(),
  driver: z.string(),
  profile: z.string().nullable(),
  unit: z
    .union([z.number(), z.string()])
    .nullable()
    .meta({ description: "The unit id or meter number on its line, where it has one" }),
  state: partStateSchema.meta({ description: "Of its channel" }),
  quality: qualityCountsSchema,
  lastSampleMs: z.number().nullable(),
  counters: unitCountersSchema.nullable().meta({ description: "What became of its requests" }),
};
const deviceSchema = z.strictObject(deviceShape).meta({ id: "Device" });
const wholeDeviceSchema = z
  .strictObject({ ...deviceShape, points: z.array(pointViewSchema) })
  .meta({ id: "WholeDevice" });
export type DeviceView = z.infer<typeof deviceSchema>;

const learnedSchema = z
  .strictObject({
    device: z.string(),
    channel: z.string(),
    lines: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: "Learned" });

const READ = { method: "GET", role: "viewer", csrf: "none", rate: "read" } as const;
const params = z.strictObject({ device: z.string() });

/** Routes about devices: what is configured, how they answer, what was learnt of them. */
export function deviceRoutes(view: GatewayView, configOf: () => GatewayConfig): readonly Route[] {
  return [
    route({
      ...READ,
      rate: "bulk",
      path: "/api/devices",
      summary: "Every device: where it is, how it answers, how good its points are",
      problems: ["starting"],
      answer: z.array(deviceSchema),
      handle: async () => viewDevices(view, configOf()),
    }),
    route({
      ...READ,
      path: "/api/devices/:device",
      summary: "One device with its points",
      params,
      problems: ["starting", "not-found"],
      answer: wholeDeviceSchema,
      handle: async ({ params: { device } }) => {
        const found = viewDevices(view, configOf()).find(({ id }) => id === device);
        if (!found) throw notFound(`device "${device}"`);
        return { ...found, points: view.points().filter((point) => point.deviceId === device) };
      },
    }),
    ...learnedRoutes(configOf),
  ];
}

function learnedRoutes(configOf: () => GatewayConfig): readonly Route[] {
  return [
    route({
      ...READ,
      path: "/api/devices/:device/learned",
      summary: "What was learnt of a device: refused registers, lengths, silences",
      params,
      problems: ["misconfigured"],
      answer: learnedSchema,
      handle: async ({ params: { device } }) => {
        const [learned] = await showLearned(configOf(), [device]);
        if (!learned) throw notFound(`device "${device}"`);
        return { ...learned, facts: learned.facts && { ...learned.facts } };
      },
    }),
    route({
      ...READ,
      method: "DELETE",
      path: "/api/devices/:device/learned",
      summary: "Forgets what was learnt of a device; it is learnt anew at its next connection",
      role: "technician",
      csrf: "token",
      rate: "work",
      params,
      problems: ["misconfigured"],
      answer: z.strictObject({ forgotten: z.array(z.string()) }),
      handle: async ({ params: { device } }) => ({
        forgotten: await forgetLearned(configOf(), [device]),
      }),
    }),
  ];
}

/** Every device with what its points and its line say of it. */
export function viewDevices(view: GatewayView, config: GatewayConfig): readonly DeviceView[] {
  const { channels } = statusOf(view);
  const byDevice = Map.groupBy(view.points(), ({ deviceId }) => deviceId);
  return config.channels.flatMap(({ id: channel, driver, devices }) => {
    const state = channels.find(({ id }) => id === channel)?.state ?? { kind: "opening" as const };
    const units = unitsOf(view.field, channel);
    return devices.map((device): DeviceView => {
      const { id, name, profile } = device;
      const unit = unitOf(device);
      const counters = units.find((counters) => counters.unit === unit) ?? null;
      const points = byDevice.get(id) ?? [];
      return {
        ...{ id, name, channel, driver: driver.type, profile, unit, state },
        ...summaryOf(points),
        counters: counters && { ...counters, exceptions: { ...counters.exceptions } },
      };
    });
  });
}

function summaryOf(points: readonly PointView[]): Pick<DeviceView, "quality" | "lastSampleMs"> {
  const quality = { good: 0, uncertain: 0, bad: 0, silent: 0 };
  let lastSampleMs: number | null = null;
  for (const point of points) {
    quality[point.quality]++;
    if (point.quality === "silent" || point.timestampMs === null) continue;
    lastSampleMs = Math.max(lastSampleMs ?? 0, point.timestampMs);
  }
  return { quality, lastSampleMs };
}

/** None before the line's first connection, nor where lines are not watched. */
function unitsOf(field: FieldView | undefined, channel: string) {
  try {
    return field?.line(channel).watch.units() ?? [];
  } catch {
    return []; // That it cannot be watched is told where one asks for the trace.
  }
}

function unitOf({ points }: DeviceConfig): number | string | null {
  const device = points[0]?.point.device;
  if (typeof device !== "object" || device === null) return null;
  const { unitId, meter } = device as { unitId?: unknown; meter?: unknown };
  const unit = unitId ?? meter;
  return typeof unit === "number" || typeof unit === "string" ? unit : null;
}
