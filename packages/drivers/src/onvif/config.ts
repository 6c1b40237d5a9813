import { z } from "zod";
import { duration } from "../duration.ts";

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KiB: 1024,
  MB: 1_000_000,
  MiB: 1024 ** 2,
};

/** A number of bytes, or text with a unit: "5 MiB". */
const size = z.union([z.number(), z.string()]).transform((written, context): number => {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(String(written));
  const amount =
    typeof written === "number"
      ? written
      : Number(match?.[1]) * (BYTES[match?.[2] ?? ""] ?? Number.NaN);
  if (Number.isFinite(amount) && amount > 0) return amount;
  const message = `write a size with a unit (${Object.keys(BYTES).join(", ")}): "5 MiB"`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

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
    timeout: duration.default(10_000),
    /** How long the camera may hold back an empty answer to "any events?". */
    pullTimeout: duration.default(5_000),
    snapshotBytesMax: size.default(5 * 1024 ** 2),
    /** Motion that the camera has not confirmed for so long counts as over. */
    eventDeadman: duration.default(60_000),
    /** Where a profile's picture is, if the camera says it wrong: { main: "/snap.jpg" }. */
    snapshotUri: z.record(z.string().min(1), z.string().regex(/^(https?:\/)?\//)).default({}),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    message: "username and password go together: give both, or neither",
    path: ["password"],
  });

/** A camera channel's checked settings: durations in ms, sizes in bytes. */
export type Config = z.infer<typeof configSchema>;
