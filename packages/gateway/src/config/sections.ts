import { z } from "zod";
import { isNetwork } from "../access/asker-address.ts";
import { GROUPS } from "../profiles/meanings.ts";
import { durationMs, durationPattern, formatDuration, sizeBytes, sizePattern } from "./quantity.ts";

// The gateway's own keys. What stands beside them belongs to drivers and uplinks.

const outside = (value: string, range: string) =>
  ({ code: "custom", params: { code: "out-of-range", value, range } }) as const;

/** A duration in its file form, as milliseconds within these limits. */
function duration(minMs: number, maxMs: number) {
  const range = `${formatDuration(minMs)} … ${formatDuration(maxMs)}`;
  return z
    .string()
    .regex(durationPattern)
    .meta({ "x-quantity": "duration", description: `Duration with its unit, ${range}` })
    .transform((text, check) => {
      const ms = durationMs(text) ?? 0;
      if (ms < minMs || ms > maxMs) check.addIssue(outside(text, range));
      return ms;
    });
}

/** A size in its file form, as bytes, at least as large as this. */
function size(min: string) {
  const minBytes = sizeBytes(min) ?? 0;
  return z
    .string()
    .regex(sizePattern)
    .meta({ "x-quantity": "size", description: `Size with its unit, at least ${min}` })
    .transform((text, check) => {
      const bytes = sizeBytes(text) ?? 0;
      if (bytes < minBytes) check.addIssue(outside(text, `≥ ${min}`));
      return bytes;
    });
}

const day = 86_400_000;
const scan = duration(10, 7 * day);
const eventList = z.array(z.string()).min(1).meta({
  description: "Points that cause a reading: a name of this device or device/point",
});

/** `gateway:` */
export const gatewaySchema = z.strictObject({
  id: z.string().meta({ description: "Unique among all gateways of a platform; part of topics" }),
  name: z.string().optional().meta({ description: "For people" }),
  timezone: z.string().default("UTC").meta({ description: "IANA name: Asia/Shanghai" }),
});

/** `buffer:` */
export const bufferSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .default("./data")
    .meta({ description: "Folder; relative to the configuration file" }),
  capacity: size("16 MiB").prefault("2 GiB"),
  eventsCapacity: size("1 MiB").prefault("64 MiB"),
  historyCapacity: size("1 MiB").prefault("256 MiB"),
  mediaCapacity: size("1 MiB").prefault("512 MiB"),
  keepAcked: size("0 B").prefault("256 MiB"),
  keepUnsent: duration(day, 3650 * day).optional(),
  keepRaw: duration(60_000, 7 * day).prefault("15 min"),
  commitInterval: duration(50, 60_000).prefault("500 ms"),
});

/** `history:` */
export const historySchema = z.strictObject({
  capacity: size("0 B").prefault("512 MiB").meta({
    description: "Of recent values for trends, on the same disk; 0 B for none",
  }),
});

/** `web:` */
export const webSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(8420),
  tls: z.literal(true).optional().meta({
    description: "TLS on a loopback address too; on any other there is nothing else",
  }),
  anonymous: z.enum(["viewer", "none"]).optional().meta({
    description: "Who may look without a login: viewer on loopback, none elsewhere if absent",
  }),
  trustedProxies: z
    .array(z.string().refine(isNetwork, "say an address or a network: 10.0.0.2 or 10.0.0.0/24"))
    .min(1)
    .max(32)
    .optional()
    .meta({ description: "Whose X-Forwarded-For is believed; nobody's if absent" }),
});

/** The gateway's own keys of a channel. */
export const channelSchema = z.strictObject({
  driver: z.string().meta({ "x-reference": "driver" }),
});

/** The gateway's own keys of an uplink. */
export const uplinkSchema = z.strictObject({
  type: z.string().meta({ "x-reference": "uplink" }),
  order: z.enum(["newest-first", "strict"]).default("newest-first"),
  allowPlain: z.boolean().default(false).meta({
    description:
      "It may send unencrypted to another machine: a VPN or a closed network protects it",
  }),
});

/** The gateway's own keys of a device. */
export const deviceSchema = z.strictObject({
  channel: z.string(),
  name: z.string().optional().meta({ description: "For people" }),
  profile: z.string().optional().meta({ description: "Id of a device model, or its file" }),
  variant: z.string().optional().meta({ description: "Variant of the profile" }),
  parameters: z
    .record(z.string(), z.number())
    .optional()
    .meta({ description: "The profile's parameters: { ct: 40, pt: 1 }" }),
  groups: z.array(z.enum(GROUPS)).min(1).optional().meta({
    description: "Of the profile's points only these groups",
  }),
  scan: scan.optional(),
  sharedUnit: z
    .boolean()
    .optional()
    .meta({ description: "True where several devices share one unitId on purpose" }),
  points: z.record(z.string(), z.unknown()).optional(),
});

/** `write:` of a point. */
const writeSchema = z.strictObject({
  min: z.number().optional().meta({ description: "The point's min if absent" }),
  max: z.number().optional().meta({ description: "The point's max if absent" }),
  step: z.number().positive().optional().meta({ description: "Whole steps from min, or 0" }),
  interval: duration(0, 7 * day)
    .prefault("0 ms")
    .meta({ description: "Least time between two writes" }),
  select: duration(1_000, 3_600_000)
    .optional()
    .meta({ description: "Selected first; the write must follow within this time" }),
  verify: duration(0, 600_000)
    .prefault("2 s")
    .meta({ description: "How long the device may take to show the value; 0 ms: not read back" }),
  tolerance: z
    .number()
    .min(0)
    .optional()
    .meta({ description: "How far what is read back may be off" }),
});

/** The gateway's own keys of a point. */
export const pointSchema = z.strictObject({
  name: z.string().optional().meta({ description: "For people" }),
  unit: z.string().default("").meta({ description: "Engineering unit: °C, kWh, L" }),
  scale: z.number().default(1).meta({ description: "value = raw * scale + offset" }),
  offset: z.number().default(0),
  min: z.number().optional().meta({ description: "Below: clamped and uncertain" }),
  max: z.number().optional().meta({ description: "Above: clamped and uncertain" }),
  deadband: z.number().min(0).optional().meta({ description: "Smallest change worth a sample" }),
  heartbeat: duration(100, 7 * day).prefault("5 min"),
  access: z.enum(["read", "readWrite"]).default("read"),
  write: writeSchema.optional().meta({ description: "Limits of writes, with access: readWrite" }),
  scan: scan.optional(),
  every: scan.optional(),
  subscribe: duration(0, day).optional(),
  onEvent: eventList.optional(),
  stream: z
    .enum(["events", "main"])
    .optional()
    .meta({ description: "events: sent first, never thinned, with a capacity of its own" }),
});

/** The file's outermost map; its parts are checked one by one. */
export const fileSchema = z.strictObject({
  gateway: z.unknown().optional(),
  buffer: z.unknown().optional(),
  history: z.unknown().optional(),
  channels: z.record(z.string(), z.unknown()).default({}),
  devices: z.record(z.string(), z.unknown()).default({}),
  uplinks: z.record(z.string(), z.unknown()).default({}),
  web: z.unknown().optional(),
});

/** A point's settings that are the gateway's own. */
export type PointSettings = z.infer<typeof pointSchema>;
/** A device's settings that are the gateway's own. */
export type DeviceSettings = z.infer<typeof deviceSchema>;
