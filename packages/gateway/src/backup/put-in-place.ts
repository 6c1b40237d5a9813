import { existsSync } from "node:fs";
import { lchown, mkdir, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { describeError, Refused } from "@headgate/model";
import { holdBuffer } from "@headgate/sync/buffer";
import { type Owner, replaceFile, syncFolder, textIfThere } from "../access/durable-file.ts";
import { ownNamesIn } from "../wipe/own-names.ts";
import { filesBelow } from "./kept-files.ts";
import { countsNow, hashOf, PLAN, type Plan, planIn, RESTORING } from "./plan.ts";

// A restore counts from the moment on when its plan is on the disk and the configuration is the one
// that the plan names; before it, nothing of the old has changed. What comes after it is done to
// its end by whoever comes next: `headgate run`, or `headgate restore` again.

const OLD_CONFIG = "old-gateway.yaml";
/** Of the backup's files that a person has to look at. */
export const ELSEWHERE = "elsewhere";

/** Where a restore is under way. */
export interface Place {
  readonly configPath: string;
  readonly dataFolder: string;
  readonly owner: Owner | null;
}

/** Makes it count: from here on it is done to its end. */
export async function commitRestore(
  { configPath, dataFolder, owner }: Place,
  { config, aside }: { readonly config: string; readonly aside: string },
): Promise<void> {
  const folder = join(dataFolder, RESTORING);
  const path = await realpath(configPath).catch(() => resolve(configPath));
  const old = await textIfThere(path);
  if (old !== null) await replaceFile(join(folder, OLD_CONFIG), old, owner);
  const names = await namesIn(join(folder, "data"));
  if (existsSync(join(folder, ELSEWHERE))) names.push(ELSEWHERE);
  const plan: Plan = { config: hashOf(config), names, aside };
  await replaceFile(join(folder, PLAN), `${JSON.stringify(plan)}\n`, owner);
  await replaceFile(path, config, owner);
}

/** What was found of a restore that was cut off. */
export type Found = "nothing" | "finished" | "forgotten";

/**
 * Puts everything into its place, where a restore counts; else what it left is removed. To be done
 * while nobody uses the folder.
 */
export async function finishRestore(place: Place): Promise<Found> {
  const folder = join(place.dataFolder, RESTORING);
  if (!existsSync(folder)) return "nothing";
  const plan = await planIn(place.dataFolder);
  const counts = await countsNow(plan, place.configPath);
  if (plan !== null && counts) await move(place, plan);
  await rm(folder, { recursive: true, force: true });
  await syncFolder(place.dataFolder);
  return counts ? "finished" : "forgotten";
}

/** Before a gateway starts: a restore that was cut off is finished, or forgotten. */
export async function finishAtStart(configPath: string, dataFolder: string): Promise<Found> {
  const release = holdBuffer(dataFolder);
  try {
    return await finishRestore({ configPath, dataFolder, owner: null });
  } catch (cause) {
    const what = `end the restore in "${join(dataFolder, RESTORING)}": ${describeError(cause)}`;
    throw new Refused(`${what}; mend that, and start again`, { cause });
  } finally {
    release();
  }
}

async function move({ configPath, dataFolder, owner }: Place, plan: Plan): Promise<void> {
  const folder = join(dataFolder, RESTORING);
  const aside = join(dataFolder, plan.aside);
  await refuseLinks([folder, aside]);
  const staged = (name: string) =>
    name === ELSEWHERE ? join(folder, ELSEWHERE) : join(folder, "data", name);
  for (const name of await ownNamesIn(dataFolder)) {
    // What was put in its place before the cut.
    if (plan.names.includes(name) && !existsSync(staged(name))) continue;
    await mkdir(aside, { recursive: true, mode: 0o700 });
    await rename(join(dataFolder, name), join(aside, name));
  }
  if (existsSync(aside)) {
    const old = await textIfThere(join(folder, OLD_CONFIG));
    if (old !== null) await replaceFile(join(aside, "gateway.yaml"), old, owner);
    if (owner) await lchown(aside, owner.uid, owner.gid);
    await syncFolder(aside);
  }
  for (const name of plan.names) {
    if (existsSync(staged(name))) await rename(staged(name), join(dataFolder, name));
  }
  await syncFolder(dataFolder);
  await putBeside(join(folder, "beside"), { configPath, aside, owner });
}

/** Whoever is root follows none of another user's. */
async function refuseLinks(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    // The names are read, not followed: what cannot be read is no reason to go on.
    const names = await readdir(dirname(folder), { withFileTypes: true });
    const own = names.find(({ name }) => name === basename(folder));
    if (own?.isSymbolicLink()) throw new Refused(`restore: "${folder}" is a link; remove it`);
  }
}

/** Files that the configuration names below its folder; it may be on another disk. */
async function putBeside(
  from: string,
  { configPath, aside, owner }: { configPath: string; aside: string; owner: Owner | null },
): Promise<void> {
  const directory = dirname(resolve(configPath));
  for await (const name of filesBelow(from, () => true)) {
    const [bytes, path] = [await readFile(join(from, name)), join(directory, name)];
    const old = existsSync(path) ? await readFile(path) : null;
    if (old?.equals(bytes)) continue;
    if (old !== null) {
      await makeFolders(aside, dirname(join("beside", name)), owner);
      await replaceFile(join(aside, "beside", name), old, owner);
    }
    await makeFolders(directory, dirname(name), owner);
    await replaceFile(path, bytes, owner);
  }
}

/** Each of them the owner's, also where one was made by a restore that was cut off. */
async function makeFolders(base: string, below: string, owner: Owner | null): Promise<void> {
  let folder = base;
  for (const part of below.split("/").filter((part) => part !== ".")) {
    const parent = folder;
    folder = join(folder, part);
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) {
      await syncFolder(parent);
    }
    const { uid, mode } = await stat(folder);
    const isShut = uid === 0 && (mode & 0o077) === 0;
    if (owner && isShut) await lchown(folder, owner.uid, owner.gid);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []); // Nothing of the data folder was in the backup.
}
