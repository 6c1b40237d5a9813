import { existsSync } from "node:fs";
import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Clock, describeError, Refused } from "@headgate/model";
import { countWaiting, holdBuffer } from "@headgate/sync/buffer";
import { accessFiles } from "../access/access.ts";
import { AuditLog } from "../access/audit-log.ts";
import { type Owner, textIfThere } from "../access/durable-file.ts";
import { dataPathOf } from "../config/check-file.ts";
import { readSource } from "../config/source.ts";
import { ownNamesIn } from "../wipe/own-names.ts";
import type { EntrySink } from "./entries.ts";
import { type ProvedBackup, unpackBackup } from "./open-backup.ts";
import { countsNow, planIn, RESTORING } from "./plan.ts";
import { commitRestore, type Found, finishRestore, type Place } from "./put-in-place.ts";
import { refuseUnfit } from "./refuse-unfit.ts";
import { giveTo, Staging } from "./staging.ts";

/** Made by who looks whether a gateway runs; the gateway must be able to open it. */
const LOCK = "buffer.lock";

/** How a backup is to be put back. */
export interface RestoreWish {
  /** Where the configuration comes; the data folder is what it says. */
  readonly configPath: string;
  /** What is there is kept aside; else nothing may be there. */
  readonly isReplacing: boolean;
  /** For the log of who did what. */
  readonly who: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface Restored {
  readonly dataFolder: string;
  /** Where the old is; null where there was none. */
  readonly asidePath: string | null;
  /** Samples of the old that not every uplink has acknowledged; null: nobody can tell. */
  readonly waitingAside: number | null;
  /** Whose the files are; null: of whoever restored. */
  readonly owner: Owner | null;
  /** A restore before this one had been cut off, and was finished: this one was not begun. */
  readonly isOfBefore: boolean;
}

/** Puts a proved backup in place: all of it or nothing, whenever it is cut off. */
export async function restoreBackup(backup: ProvedBackup, wish: RestoreWish): Promise<Restored> {
  const dataFolder = dataFolderOf(backup, wish.configPath);
  const made = await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const owner = await ownerOf(made === undefined ? dataFolder : dirname(resolve(wish.configPath)));
  const release = holdBuffer(dataFolder);
  try {
    if (owner && made !== undefined) await giveTo(owner, made);
    const place = { configPath: wish.configPath, dataFolder, owner };
    const found = await finishRestore(place);
    const nothing = { dataFolder, asidePath: null, waitingAside: 0, owner };
    if (found === "finished") return { ...nothing, isOfBefore: true };
    return await restoreInto(place, backup, wish);
  } finally {
    release();
  }
}

async function restoreInto(
  place: Place,
  backup: ProvedBackup,
  wish: RestoreWish,
): Promise<Restored> {
  const { dataFolder, configPath } = place;
  if (place.owner) await giveTo(place.owner, join(dataFolder, LOCK));
  const isUsed = (await ownNamesIn(dataFolder)).length > 0;
  if (!wish.isReplacing) await refuseUsed(place, { backup, isUsed });
  await refuseFull(dataFolder, backup.bytes);
  const waitingAside = isUsed ? countWaiting(dataFolder, await uplinkIdsIn(configPath)) : 0;
  const stamp = new Date(wish.clock.nowMs()).toISOString().replaceAll(/[:Z]/g, "");
  const aside = `before-restore-${stamp}`;
  let failure: unknown = null;
  try {
    await stage(place, backup, wish);
    await refuseUnfit(place, join(dataFolder, RESTORING, "beside"));
    await commitRestore(place, { config: backup.config, aside });
  } catch (error) {
    failure = error;
  }
  // What does not count is forgotten.
  const found = await endRestore(place, failure);
  if (found !== "finished") throw failure;
  const asidePath = existsSync(join(dataFolder, aside)) ? join(dataFolder, aside) : null;
  return { dataFolder, asidePath, waitingAside, owner: place.owner, isOfBefore: false };
}

/** A restore that counts is never told to have done nothing. */
async function endRestore(place: Place, failure: unknown): Promise<Found> {
  try {
    return await finishRestore(place);
  } catch (cause) {
    const { dataFolder, configPath } = place;
    const plan = await planIn(dataFolder).catch(() => null); // Told by what failed first.
    if (!(await countsNow(plan, configPath))) throw failure ?? cause;
    const todo =
      "mend that, then restore again or start the gateway: each goes on where it stopped";
    const what = `the restore counts, and came to a stop: ${describeError(cause)}`;
    throw new Refused(`${what}; ${todo}`, { cause });
  }
}

async function stage(place: Place, backup: ProvedBackup, wish: RestoreWish): Promise<void> {
  const folder = join(place.dataFolder, RESTORING);
  const staging = new Staging(folder);
  try {
    await unpackBackup(backup, unlessStopped(staging, wish.signal));
    const { audit } = accessFiles(join(folder, "data", "web"));
    const log = await AuditLog.open(audit);
    const made = new Date(backup.manifest.madeMs).toISOString();
    const deed = { who: wish.who, address: "this machine", action: "backup.restore" } as const;
    await log.add({ ...deed, outcome: "done", detail: `of ${made}` }, wish.clock.nowMs());
    await log.close();
    if (place.owner) await giveTo(place.owner, folder);
    await staging.sync();
  } finally {
    await staging.close();
  }
}

/** Of the configuration that was there. */
async function uplinkIdsIn(configPath: string): Promise<readonly string[]> {
  const { value } = readSource((await textIfThere(configPath)) ?? "");
  const { uplinks } = (value ?? {}) as { uplinks?: unknown };
  return Object.keys(typeof uplinks === "object" ? (uplinks ?? {}) : {});
}

function unlessStopped(sink: EntrySink, signal: AbortSignal): EntrySink {
  return {
    begin: async (head) => await sink.begin(head),
    write: async (piece) => {
      if (signal.aborted) throw new Refused("it was stopped; nothing was put back");
      await sink.write(piece);
    },
    end: async () => await sink.end(),
  };
}

function dataFolderOf({ config }: ProvedBackup, configPath: string): string {
  return dataPathOf(readSource(config).value, dirname(resolve(configPath)));
}

async function refuseUsed(
  { dataFolder, configPath }: Place,
  { backup, isUsed }: { readonly backup: ProvedBackup; readonly isUsed: boolean },
): Promise<void> {
  const todo = "--replace keeps what is there aside";
  if (isUsed) throw new Refused(`"${dataFolder}" holds a gateway's data already; ${todo}`);
  const config = await textIfThere(configPath);
  if (config === null || config === backup.config) return;
  throw new Refused(`"${configPath}" is there already, and says something else; ${todo}`);
}

async function refuseFull(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > bytes) return;
  throw new Refused(`the backup has ${bytes} bytes, and "${folder}" has room for less`);
}

/**
 * Who is root puts back for the user that the folder belongs to: the data folder, or, where that is
 * new, the configuration's.
 */
async function ownerOf(folder: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0 || !existsSync(folder)) return null;
  const { uid, gid } = await stat(folder);
  return uid === 0 && gid === 0 ? null : { uid, gid };
}
