import { z } from "zod";

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1024 ** 2,
};

/** A number in the base unit, or text with a unit, as in the config file: "10 s", "5 MiB". */
function quantity(units: typeof MS, example: string) {
  return z.union([z.number(), z.string()]).transform((written, context): number => {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(String(written));
    const factor = units[match?.[2] ?? ""];
    const amount =
      typeof written === "number" ? written : Number(match?.[1]) * (factor ?? Number.NaN);
    if (Number.isFinite(amount) && amount > 0) return amount;
    context.addIssue({
      code: "custom",
      message: `must be more than 0 and have a unit (${Object.keys(units).join(", ")}): ${example}`,
    });
    return z.NEVER;
  });
}

/** The settings of a camera's channel. */
export const configSchema = z
  .strictObject({
    /** Name or IP address of the camera. */
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(80),
    /** Where the camera's device service is. */
    path: z.string().startsWith("/").default("/onvif/device_service"),
    username: z.string().min(1).optional(),
    password: z.string().optional(),
    useTls: z.boolean().default(false),
    /** `auto` tries WS-Security first, then HTTP digest. */
    auth: z.enum(["auto", "wsSecurity", "digest"]).default("auto"),
    /** For each request, pictures included. */
    timeout: quantity(MS, '"10 s"').default(10_000),
    /** How long the camera may hold back an empty answer to "any events?". */
    pullTimeout: quantity(MS, '"5 s"').default(5_000),
    snapshotBytesMax: quantity(BYTES, '"5 MiB"').default(5 * 1024 ** 2),
    /** Motion that the camera has not confirmed for so long counts as over. */
    eventDeadman: quantity(MS, '"60 s"').default(60_000),
    /** Where a profile's picture is, if the camera says it wrong: { main: "/snap.jpg" }. */
    snapshotUri: z.record(z.string().min(1), z.string().regex(/^(https?:\/)?\//)).default({}),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: "username and password go together: give both, or neither",
    path: ["password"],
  });

/** A camera channel's checked settings: durations in ms, sizes in bytes. */
export type Config = z.infer<typeof configSchema>;
