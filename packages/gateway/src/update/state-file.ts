import { join } from "node:path";
import { replaceFile, textIfThere } from "../access/durable-file.ts";
import { parseState, type ReleaseState } from "./release-state.ts";

const pathIn = (folder: string) => join(folder, "versions.json");

/** Null where nothing is installed, or the file is damaged. */
export async function readState(folder: string): Promise<ReleaseState | null> {
  const text = await textIfThere(pathIn(folder));
  return text === null ? null : parseState(text);
}

/** Resolves when it would survive a power cut. */
export async function writeState(folder: string, state: ReleaseState): Promise<void> {
  await replaceFile(pathIn(folder), `${JSON.stringify(state, null, 1)}\n`);
}
