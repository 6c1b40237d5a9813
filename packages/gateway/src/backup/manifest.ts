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
  elsewhere: z.array(z.strictObject({ name: z.string(), path: z.string() })).max(20_000),
  /** Environment variables that it refers to. */
  variables: z.array(z.string().max(200)).max(20_000),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;

/** As it stands in a backup; `Refused` where nobody could read it there. */
export function manifestText(manifest: Manifest): string {
  const text = JSON.stringify(manifest);
  const fits = manifestSchema.safeParse(manifest).success && text.length <= MANIFEST_BYTES_MAX / 4;
  if (fits) return text;
  throw new Refused(
    "back up: the configuration names too many files or variables, or too long ones",
  );
}

export function parseManifest(text: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refused("the backup cannot be understood: it does not say what it is", { cause });
  }
}
