import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Beside the bundle; of a source tree, where its build leaves it. */
const PLACES = ["./parts.cdx.json", "../dist/parts.cdx.json"];

/** A component as CycloneDX has it; ours have no more. */
export interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly { license?: { id: string }; expression?: string }[];
}

/** The list of parts that came with the build, as it is; null in a tree that was not built. */
export async function readPartsList(): Promise<string | null> {
  for (const place of PLACES) {
    try {
      return await readFile(fileURLToPath(new URL(place, import.meta.url)), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}
