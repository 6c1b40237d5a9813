import type { Sample } from "@headgate/model";
import { z } from "zod";
import type { GatewayConfig } from "../../config/config.ts";
import type { GatewayView } from "../../status.ts";
import { notFound } from "./api-problem.ts";
import { Reply, type Route, route } from "./route.ts";

export const pictureSchema = z
  .strictObject({
    point: z.string(),
    device: z.string(),
    deviceName: z.string(),
    name: z.string(),
    intervalMs: z.number().nullable().meta({ description: "How often one is taken" }),
    timestampMs: z
      .number()
      .nullable()
      .meta({ description: "Of the last picture, or why there is none" }),
    bytes: z
      .number()
      .nullable()
      .meta({ description: "null: there is none, as with a camera that does not answer" }),
    reason: z.string().nullable().meta({ description: "Why there is none" }),
  })
  .meta({ id: "Picture" });

const READ = { method: "GET", role: "viewer", csrf: "none", rate: "read" } as const;
const TYPES = /^image\/(jpeg|png|webp|gif)$/;

/** What cameras took last: pictures are held with their points until the next one. */
export function pictureRoutes(view: GatewayView, configOf: () => GatewayConfig): readonly Route[] {
  return [
    route({
      ...READ,
      path: "/api/pictures",
      summary: "Every point that takes pictures, with how old and how large its last one is",
      answer: z.array(pictureSchema),
      handle: async () => picturePoints(configOf()).map((found) => viewOf(found, view)),
    }),
    route({
      ...READ,
      path: "/api/pictures/last",
      summary: "The last picture of a point, as the camera gave it",
      query: z.strictObject({
        point: z.string().max(200),
        at: z.string().max(20).optional().meta({ description: "For caches only" }),
      }),
      problems: ["not-found"],
      answer: "image/jpeg",
      handle: async ({ query: { point } }) => {
        const media = mediaOf(view.sampleOf?.(point));
        if (!media || !TYPES.test(media.contentType)) throw notFound(`picture of "${point}"`);
        const headers = { "content-type": media.contentType, "cache-control": "private, no-store" };
        return new Reply(Buffer.from(media.bytes), { headers });
      },
    }),
  ];
}

function picturePoints({ channels }: GatewayConfig) {
  return channels.flatMap(({ devices }) =>
    devices.flatMap((device) =>
      device.points.flatMap((config) => {
        const { kind } = (config.point.address ?? {}) as { readonly kind?: unknown };
        return kind === "snapshot" ? [{ device, config }] : [];
      }),
    ),
  );
}

function viewOf(
  { device, config }: ReturnType<typeof picturePoints>[number],
  view: GatewayView,
): z.infer<typeof pictureSchema> {
  const { point, name, acquisition } = config;
  const sample = view.sampleOf?.(point.id);
  const media = mediaOf(sample);
  return {
    ...{ point: point.id, device: device.id, deviceName: device.name, name },
    intervalMs: acquisition.kind === "scan" ? acquisition.intervalMs : null,
    timestampMs: sample?.timestampMs ?? null,
    bytes: media?.bytes.byteLength ?? null,
    reason: sample?.quality === "bad" ? sample.reason : null,
  };
}

function mediaOf(sample: Sample | undefined) {
  return sample && sample.quality !== "bad" ? sample.media : undefined;
}
