import { Refused } from "@headgate/model";
import { z } from "zod";

/** What a backup says of itself, sealed with the rest. */
const manifestSchema = z.strictObject({
  gateway: z.strictObject({ id: z.string().max(200), name: z.string().max(200) }),
  madeMs: z.number(),
  /** Of the program that made it. */
  version: z.string().max(100),
  /** Of the buffer in it; null without one. */
  bufferSchema: z.int().nullable(),
  /** Files that the configuration names elsewhere: where they were. */
  elsewhere: z.array(z.strictObject({ name: z.string(), path: z.string() })).max(1000),
  /** Environment variables that it refers to. */
  variables: z.array(z.string().max(200)).max(1000),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function parseManifest(text: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refused("the backup cannot be understood: it does not say what it is", { cause });
  }
}
