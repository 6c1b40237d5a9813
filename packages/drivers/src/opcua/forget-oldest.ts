import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Keeps the `countMax` newest files of a folder; one that is not there is none. */
export async function forgetOldest(folder: string, countMax: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  if (files.length <= countMax) return;
  const dated = files.map(async (file) => ({ file, atMs: (await stat(file)).mtimeMs }));
  const newestFirst = (await Promise.all(dated)).sort((one, other) => other.atMs - one.atMs);
  for (const { file } of newestFirst.slice(countMax)) await rm(file, { force: true });
}
