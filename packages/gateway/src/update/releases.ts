import { existsSync } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Misconfigured, Refused } from "@headgate/model";
import { BUFFER_SCHEMA, holdFile } from "@headgate/sync/buffer";
import { syncFolder } from "../access/durable-file.ts";
import { ENTRY, isVersion, type PackedFile, refusalOf } from "./manifest.ts";
import { type Goal, installed, type ReleaseState, takenBack } from "./release-state.ts";
import { readState, writeState } from "./state-file.ts";
import { readTrustedKeys } from "./trusted-keys.ts";
import { type FileSink, readHead, type UpdateHead, unpack } from "./update-file.ts";

/** Beside the versions. */
export const LAUNCHER = "launch.js";
const INCOMING = /^incoming-/;

export const keysIn = (folder: string) => join(folder, "keys");

/** An update's head, by the keys that are trusted in a folder of versions. */
export async function headFor(folder: string, path: string): Promise<UpdateHead> {
  return await readHead(path, await readTrustedKeys(keysIn(folder)));
}

/** Throws where it must not be installed here. */
export async function checkFits(folder: string, { manifest }: UpdateHead): Promise<void> {
  const state = await readState(folder);
  const given = { version: state?.current ?? null, bufferSchema: BUFFER_SCHEMA };
  const refusal = refusalOf(manifest, { ...given, node: process.versions.node });
  if (refusal !== null) throw new Refused(refusal);
  if (state?.trial) throw new Refused(`version ${state.current} is still on trial; wait for it`);
}

/**
 * Unpacks a version beside the others and makes it the one that starts next. Each step is durable
 * before the next: whatever ends this, what was current stays so, and whole, until the very last.
 */
export async function install(
  folder: string,
  head: UpdateHead,
  goal: Goal | null,
): Promise<ReleaseState> {
  const letGo = hold(folder);
  try {
    return await installAlone(folder, head, goal);
  } finally {
    letGo();
  }
}

/** The page and the command line would take each other's files away. */
function hold(folder: string): () => void {
  let letGo: ReturnType<typeof holdFile>;
  try {
    letGo = holdFile(join(folder, "install.lock"));
  } catch (error) {
    throw explained(error, folder);
  }
  if (letGo === null) throw new Refused("another update is being installed; wait for it");
  return letGo;
}

async function installAlone(
  folder: string,
  head: UpdateHead,
  goal: Goal | null,
): Promise<ReleaseState> {
  await checkFits(folder, head);
  const state = await readState(folder);
  if (state === null && existsSync(join(folder, "versions.json"))) {
    throw new Misconfigured(`versions.json in "${folder}" is damaged: what runs is not known`);
  }
  await removeOthers(folder, state);
  const { version } = head.manifest;
  const incoming = join(folder, `incoming-${version}`);
  const sink = new FolderSink(incoming);
  try {
    await mkdir(incoming);
    await unpack(head, sink);
    const folders = await readdir(incoming, { recursive: true, withFileTypes: true });
    for (const entry of folders) {
      if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
    }
    await syncFolder(incoming);
    await rename(incoming, join(folder, version));
  } catch (error) {
    await sink.abandon();
    await rm(incoming, { recursive: true, force: true });
    throw explained(error, folder);
  }
  if (!existsSync(join(folder, LAUNCHER))) {
    await copyFile(join(folder, version, dirname(ENTRY), LAUNCHER), join(folder, LAUNCHER));
  }
  await syncFolder(folder);
  const next = installed(state, version, goal);
  await writeState(folder, next);
  return next;
}

/** The kept version is the one that starts next; resolves with it. */
export async function takeBack(folder: string, who: string, nowMs: number): Promise<string> {
  const state = await readState(folder);
  const previous = state?.previous ?? null;
  if (state === null || previous === null || !existsSync(join(folder, previous))) {
    throw new Refused("no version is kept to go back to");
  }
  await writeState(folder, takenBack(state, who, nowMs));
  return previous;
}

/** What is neither current nor kept: versions of before, and what was never whole. */
export async function removeOthers(folder: string, state: ReleaseState | null): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOther = isVersion(name) && name !== state?.current && name !== state?.previous;
    if (isOther || INCOMING.test(name)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Writes files below a folder that was empty. Each is on the disk before the next begins. */
class FolderSink implements FileSink {
  readonly #folder: string;
  #file: FileHandle | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async begin({ path }: PackedFile): Promise<void> {
    const whole = join(this.#folder, path);
    await mkdir(dirname(whole), { recursive: true });
    this.#file = await open(whole, "wx", 0o644);
  }

  async write(piece: Buffer): Promise<void> {
    await this.#file?.appendFile(piece);
  }

  async end(): Promise<void> {
    await this.#file?.sync();
    await this.abandon();
  }

  /** Lets go of the file that is being written. */
  async abandon(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}

/** What a disk says, in words that help. */
export function explained(error: unknown, folder: string): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (["ENOSPC", "EDQUOT", "SQLITE_FULL"].includes(code)) {
    return new Refused(`the disk of "${folder}" is full: free space, then install again`);
  }
  if (/^(EROFS|EACCES|SQLITE_(CANTOPEN|READONLY))/.test(code)) {
    return new Refused(`"${folder}" cannot be written (${code}); check its owner, see service.md`);
  }
  return error;
}
