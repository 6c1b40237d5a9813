import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lchown, mkdir, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { holdBuffer } from "@headgate/sync/buffer";
import { z } from "zod";
import { replaceFile, syncFolder, textIfThere } from "../access/durable-file.ts";
import { ownNamesIn } from "../wipe/own-names.ts";
import { filesBelow } from "./kept-files.ts";
import type { Owner } from "./staging.ts";

// A restore counts from the moment on when its plan is on the disk and the configuration is the one
// that the plan names; before it, nothing of the old has changed. What comes after it is done to
// its end by whoever comes next: `headgate run`, or `headgate restore` again.

/** Below the data folder, while a restore is under way. */
export const RESTORING = "restoring";
const PLAN = "plan.json";
const OLD_CONFIG = "old-gateway.yaml";
/** Of the backup's files that a person has to look at. */
export const ELSEWHERE = "elsewhere";

const planSchema = z.strictObject({
  /** SHA-256 of the configuration that is put in place. */
  config: z.string(),
  /** What comes into the data folder. */
  names: z.array(z.string()),
  /** Where the old goes. */
  aside: z.string(),
});
export type Plan = z.infer<typeof planSchema>;

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
  if (old !== null) await replaceFile(join(folder, OLD_CONFIG), old);
  const names = await namesIn(join(folder, "data"));
  if (existsSync(join(folder, ELSEWHERE))) names.push(ELSEWHERE);
  const plan: Plan = { config: hashOf(config), names, aside };
  await replaceFile(join(folder, PLAN), `${JSON.stringify(plan)}\n`);
  await replaceFile(path, config);
  if (owner) await lchown(path, owner.uid, owner.gid);
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
  const plan = await planIn(folder);
  const config = await textIfThere(place.configPath);
  const counts = plan !== null && config !== null && hashOf(config) === plan.config;
  if (counts) await move(place, plan);
  await rm(folder, { recursive: true, force: true });
  await syncFolder(place.dataFolder);
  return counts ? "finished" : "forgotten";
}

/** Before a gateway starts: a restore that was cut off is finished, or forgotten. */
export async function finishAtStart(configPath: string, dataFolder: string): Promise<Found> {
  const release = holdBuffer(dataFolder);
  try {
    return await finishRestore({ configPath, dataFolder, owner: null });
  } finally {
    release();
  }
}

async function move({ configPath, dataFolder, owner }: Place, plan: Plan): Promise<void> {
  const folder = join(dataFolder, RESTORING);
  const aside = join(dataFolder, plan.aside);
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
    if (old !== null) await replaceFile(join(aside, "gateway.yaml"), old);
    if (owner) await lchown(aside, owner.uid, owner.gid);
    await syncFolder(aside);
  }
  for (const name of plan.names) {
    if (existsSync(staged(name))) await rename(staged(name), join(dataFolder, name));
  }
  await syncFolder(dataFolder);
  await putBeside(join(folder, "beside"), { configPath, aside, owner });
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
    if (old !== null) await replaceFile(join(aside, "beside", name), old);
    const made = missingFolders(dirname(path));
    await replaceFile(path, bytes);
    if (!owner) continue;
    for (const own of [...made, path]) await lchown(own, owner.uid, owner.gid);
  }
}

/** What is made where a file comes into this folder. */
function missingFolders(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [...missingFolders(dirname(folder)), folder];
}

async function planIn(folder: string): Promise<Plan | null> {
  const text = await textIfThere(join(folder, PLAN));
  return text === null ? null : planSchema.parse(JSON.parse(text));
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []); // Nothing of the data folder was in the backup.
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
