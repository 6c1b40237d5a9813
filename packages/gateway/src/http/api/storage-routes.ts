import { z } from "zod";
import { STORED_PARTS } from "../../storage/folder-sizes.ts";
import { type Folders, lookAtStorage } from "../../storage/look-at-storage.ts";
import { type Route, route } from "./route.ts";

const bytes = z.number().min(0);

const diskSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["eMMC", "SD card", "NVMe", "hard disk", "other"]),
    model: z.string().nullable(),
    wear: z
      .strictObject({
        usedPercentMin: z.number(),
        usedPercentMax: z
          .number()
          .nullable()
          .meta({ description: "Null: it has lived longer than it was made for" }),
        reserve: z.enum(["normal", "warning", "urgent"]).nullable(),
      })
      .nullable()
      .meta({ description: "Of its life, as it tells itself; null: it does not tell" }),
  })
  .nullable()
  .meta({ description: "Null where the system does not say which disk it is" });

export const storageSchema = z
  .strictObject({
    fileSystem: z
      .strictObject({ capacityBytes: bytes, freeBytes: bytes })
      .nullable()
      .meta({ description: "Of the data folder; null where all is in memory" }),
    disk: diskSchema,
    parts: z
      .array(z.strictObject({ part: z.enum(STORED_PARTS), bytes }))
      .meta({ description: "What each takes in the data folder" }),
    isCut: z.boolean().meta({ description: "There are more files than were counted" }),
    written: z
      .strictObject({ bytes, forMs: z.number(), bytesPerDay: bytes.nullable() })
      .nullable()
      .meta({ description: "To disks, by this process since its start" }),
  })
  .meta({ id: "Storage" });

/** The disk: how full, how worn, and what takes it. */
export function storageRoutes(folders: () => Folders): readonly Route[] {
  return [
    route({
      method: "GET",
      role: "viewer",
      csrf: "none",
      rate: "work",
      path: "/api/storage",
      summary: "The disk of the data folder: how full, how worn, and what takes it",
      answer: storageSchema,
      handle: async () => await lookAtStorage(folders()),
    }),
  ];
}
