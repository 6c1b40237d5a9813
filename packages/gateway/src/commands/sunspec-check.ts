import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SUNSPEC_MODELS } from "@headgate/drivers/sunspec";
import { Misconfigured } from "@headgate/model";
import { compareSunspec } from "../profiles/compare-sunspec.ts";

/** `headgate profile sunspec-check`: our models against the official files of a folder. */
export async function checkSunspec(folder: string): Promise<{
  readonly text: string;
  readonly isEqual: boolean;
}> {
  const files = (await listFolder(folder)).filter((name) => /^model_\d+\.json$/.test(name));
  if (files.length === 0) {
    throw new Misconfigured(`${folder} has no model_*.json; take those of sunspec/models, json/`);
  }
  const lines: string[] = [];
  const seen = new Set<number>();
  let differences = 0;
  for (const name of files.toSorted((a, b) => idOf(a) - idOf(b))) {
    if (!SUNSPEC_MODELS.has(idOf(name))) continue;
    seen.add(idOf(name));
    const found = compareSunspec(
      JSON.parse(await readFile(join(folder, name), "utf8")),
      SUNSPEC_MODELS,
    );
    differences += found.length;
    lines.push(found.length === 0 ? `model ${idOf(name)}: equal` : found.join("\n"));
  }
  const absent = [...SUNSPEC_MODELS.keys()].filter((id) => !seen.has(id));
  if (absent.length > 0) lines.push(`not in the folder: ${absent.join(", ")}`);
  lines.push(`${seen.size} models compared, ${differences} differences`);
  return { text: `${lines.join("\n")}\n`, isEqual: differences === 0 && absent.length === 0 };
}

function idOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new Misconfigured(`${folder} cannot be read; name the folder of the model files`, {
      cause: error,
    });
  }
}
