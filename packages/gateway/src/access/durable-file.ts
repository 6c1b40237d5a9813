import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";

const OWNER_ONLY = 0o600;

/** Whose a file is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces a file that only its owner reads: after a power cut it is the old one or the new one,
 * never half of it, and never one that its owner could not read.
 */
export async function replaceFile(
  path: string,
  text: string | Uint8Array,
  owner: Owner | null = null,
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const next = `${path}.new`;
  const file = await open(next, "w", OWNER_ONLY);
  try {
    await file.writeFile(text);
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncFolder(folder);
}

/** With those above it, each of which is on the disk: else what is in it would be nowhere. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(resolve(path), { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const parents: string[] = [];
  for (let made = resolve(path); made.length >= first.length; made = dirname(made)) {
    parents.unshift(dirname(made));
  }
  for (const parent of parents) await syncFolder(parent);
}

/** A name that was given or taken away is on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file's text, or null if there is none. */
export async function textIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
