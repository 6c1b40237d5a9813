import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CellResult, nameOf } from "./cell.ts";

/** Results in a folder, a file for each cell: runs in parts and side by side do not disturb. */
export async function readResults(folder: string): Promise<CellResult[]> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => JSON.parse(text) as CellResult);
}

export async function writeResult(folder: string, result: CellResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${nameOf(result).replaceAll(/[^\w.-]+/g, "-")}.json`);
  await writeFile(`${path}.part`, JSON.stringify(result));
  await rename(`${path}.part`, path);
}
