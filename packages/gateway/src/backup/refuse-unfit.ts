import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { Refused } from "@headgate/model";
import { textIfThere } from "../access/durable-file.ts";
import { OWN, ownNamesIn } from "../wipe/own-names.ts";
import { isKept } from "./backed-up.ts";
import { filesBelow } from "./kept-files.ts";
import { ELSEWHERE, type Place } from "./put-in-place.ts";

const MOUNTS = "/proc/self/mountinfo";

/**
 * Refuses what could not be put in place, while nothing of the old has changed: a restore that
 * counts is done to its end before the gateway starts again, so there must be one.
 */
export async function refuseUnfit(
  { configPath, dataFolder }: Pick<Place, "configPath" | "dataFolder">,
  beside: string,
): Promise<void> {
  const mounts = mountsBelow(await realpath(dataFolder), (await textIfThere(MOUNTS)) ?? "");
  const mount = (await ownNamesIn(dataFolder)).find((name) => mounts.includes(name));
  if (mount !== undefined) {
    const path = join(dataFolder, mount);
    throw new Refused(`"${path}" is a disk of its own, and cannot be set aside; unmount it before`);
  }
  const directory = dirname(resolve(configPath));
  for await (const name of filesBelow(beside, () => true)) {
    const path = join(directory, name);
    if (path === resolve(configPath)) throw new Refused(`"${path}" is the configuration's own`);
    refuseInside(dataFolder, path);
    await refusePlace(path);
  }
}

/** What is mounted in a folder, by the first name below it. */
export function mountsBelow(folder: string, mounts: string): readonly string[] {
  return mounts.split("\n").flatMap((line) => {
    const [, , , , written = ""] = line.split(" ");
    const point = written.replaceAll(/\\([0-7]{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const [first = ""] = point.startsWith(`${folder}/`)
      ? point.slice(folder.length + 1).split("/")
      : [];
    return first === "" ? [] : [first];
  });
}

/** Logins and the like stay what they are, though the data folder is below the configuration's. */
function refuseInside(dataFolder: string, path: string): void {
  const inside = relative(dataFolder, path);
  const [first = ""] = inside.split("/");
  if (first === ".." || !OWN.some((own) => own.test(first))) return;
  if (isKept(inside) || first === ELSEWHERE) return;
  throw new Refused(`the backup cannot be understood: "${path}" is the gateway's own`);
}

/** It is a file, or could be one. */
async function refusePlace(path: string): Promise<void> {
  const there = await kindOf(path);
  if (there === "folder") throw new Refused(`"${path}" is a folder, where a file comes; move it`);
  let folder = dirname(path);
  while ((await kindOf(folder)) === null) folder = dirname(folder);
  if ((await kindOf(folder)) === "file") {
    throw new Refused(`"${folder}" is a file, where a folder comes; move it`);
  }
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new Refused(`"${folder}" is not to be written by this user: "${path}" comes there`, {
      cause,
    });
  });
}

async function kindOf(path: string): Promise<"file" | "folder" | null> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}
