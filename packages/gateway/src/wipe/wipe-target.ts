import { dirname, resolve } from "node:path";
import { textIfThere } from "../access/durable-file.ts";
import { dataPathOf, referencesOf } from "../config/check-file.ts";
import { isMap } from "../config/check-shape.ts";
import { resolveReferences } from "../config/references.ts";
import { readSource } from "../config/source.ts";

/** What is to be known of a gateway that ends. */
export interface WipeTarget {
  readonly id: string;
  /** Of all that it keeps. */
  readonly folder: string;
  readonly uplinkIds: readonly string[];
}

/**
 * What a configuration's file says of it, whatever else is wrong there: a wipe that was cut off has
 * removed the secrets to which the file refers. Null where it names no gateway.
 */
export async function wipeTargetOf(path: string): Promise<WipeTarget | null> {
  const { value: raw, isReadable } = readSource((await textIfThere(path)) ?? "");
  if (!isReadable) return null;
  const folder = dataPathOf(raw, dirname(resolve(path)));
  const { value } = await resolveReferences(raw, referencesOf(folder, process.env), () => {});
  if (!isMap(value) || !isMap(value.gateway)) return null;
  const { id } = value.gateway;
  if (typeof id !== "string" || id === "") return null;
  return { id, folder, uplinkIds: Object.keys(isMap(value.uplinks) ? value.uplinks : {}) };
}
