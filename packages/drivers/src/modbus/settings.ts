import { z } from "zod";
import { DEVICE_ORDERS } from "./byte-order.ts";
import { proxySchema } from "./proxy/settings.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, m: 60_000 };

/** "500 ms", "1 s", or a number of milliseconds; gives milliseconds. */
export const duration = z
  .union([z.number().nonnegative(), z.string()])
  .transform((written, context): number => {
    if (typeof written === "number") return written;
    const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m)\s*$/.exec(written) ?? [];
    const factor = UNITS[unit ?? ""];
    if (number !== undefined && factor !== undefined) return Number(number) * factor;
    context.addIssue({
      code: "custom",
      message: `${JSON.stringify(written)} is no duration; write it as 500 ms or 1 s`,
    });
    return z.NEVER;
  });

const positive = duration.refine(
  (ms) => ms > 0,
  "must be longer than 0; write a time such as 500 ms",
);
const portNumber = z.int().min(1).max(65_535);
/** Registered for Modbus TCP, and for Modbus/TCP Security. */
const PORT = 502;
const SECURE_PORT = 802;

const common = {
  /** How long a unit may take to answer. */
  timeout: positive.default(1000),
  /** Silence kept before each request. */
  requestDelay: duration.default(0),
  /** Some devices answer only a while after the connection is up. */
  connectDelay: duration.default(0),
  /** Lets other masters use the line. */
  proxy: proxySchema.optional(),
};
const socket = {
  host: z.string().min(1),
  port: portNumber.default(PORT),
  connectTimeout: positive.default(3000),
  /** Requests in a row without any answer, from no unit, after which the line counts as lost. */
  timeoutsMax: z.int().min(1).default(2),
};
/**
 * Silence between an answer and the next request, on top of the 3.5 characters of the standard.
 * Without it what each unit needs is learnt, from `TURNAROUND_MS` on, up and down.
 */
const turnaround = duration.optional();
export const TURNAROUND_MS = 20;

const file = z.string().min(1);
/** Modbus/TCP Security: TLS 1.2 or newer, certificates on both sides. Paths of PEM files. */
const tlsSchema = z
  .strictObject({
    /** Who signs the device's certificate; the system's list if absent. */
    ca: file.optional(),
    /** Ours, with its role if the device wants one, and its key. */
    cert: file.optional(),
    key: file.optional(),
    /** The name in the device's certificate; `host` if absent. */
    serverName: z.string().min(1).optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: "cert and key belong together: name both or neither",
  });

/** A channel of type `modbus-tcp`. */
export const tcpSchema = z
  .strictObject({
    ...socket,
    port: portNumber.optional(),
    ...common,
    tls: tlsSchema.optional(),
  })
  .transform(({ port, ...settings }) => {
    return { ...settings, port: port ?? (settings.tls ? SECURE_PORT : PORT) };
  });

/** A channel of type `modbus-rtu-over-tcp`: RTU frames through a serial server. */
export const rtuOverTcpSchema = z.strictObject({ ...socket, ...common, turnaround });

/** A channel of type `modbus-rtu`. */
export const rtuSchema = z.strictObject({
  path: z.string().min(1),
  baudRate: z.int().min(110).max(4_000_000).default(9600),
  parity: z.enum(["none", "even", "odd"]).default("none"),
  dataBits: z.literal([7, 8]).default(8),
  stopBits: z.literal([1, 2]).default(1),
  ...common,
  turnaround,
});

/** A channel of type `modbus-ascii`. */
export const asciiSchema = rtuSchema.extend({
  parity: z.enum(["none", "even", "odd"]).default("even"),
  dataBits: z.literal([7, 8]).default(7),
});

/** A device on a Modbus line. */
export const deviceSchema = z.strictObject({
  unitId: z.int().min(0).max(255).default(1),
  /** Registers in one request: many meters take fewer than the standard's 125. */
  maxRegisters: z.int().min(1).max(125).default(125),
  maxBits: z.int().min(1).max(2000).default(2000),
  /** Unwanted registers read along to save a request. */
  maxGap: z.int().min(0).max(124).default(8),
  oneRequestPerPoint: z.boolean().default(false),
  /** Instead of the channel's. */
  timeout: positive.optional(),
  /** Words and bytes of every point that has no order of its own. */
  order: z.enum(DEVICE_ORDERS).default("ABCD"),
});

export type TcpConfig = z.output<typeof tcpSchema>;
export type RtuConfig = z.output<typeof rtuSchema>;
export type RtuOverTcpConfig = z.output<typeof rtuOverTcpSchema>;
export type Device = z.output<typeof deviceSchema>;
