import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Refused } from "@headgate/model";
import type { Entry } from "./entries.ts";

const PIECE_BYTES = 64 * 1024;
/** Links may lead in a circle. */
const DEPTH_MAX = 10;

/** Files below a folder that belong into a backup, by their paths in it, in order. */
export async function* filesBelow(
  folder: string,
  isWanted: (path: string) => boolean,
  below = "",
): AsyncGenerator<string> {
  if (below.split("/").length > DEPTH_MAX) return;
  for (const entry of (await entriesIn(join(folder, below))).toSorted(byName)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, isWanted, path);
    // A link to a file is taken as the file: a secret may lie elsewhere.
    else if ((entry.isFile() || entry.isSymbolicLink()) && isWanted(path)) yield path;
  }
}

const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);

async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** A file as it is when its turn comes; nothing where it is gone by then, or no file. */
export async function* entryOf(file: string, path: string): AsyncGenerator<Entry> {
  const handle = await openIfThere(file);
  if (handle === null) return;
  try {
    const about = await handle.stat();
    if (!about.isFile()) return;
    yield { path, bytes: about.size, read: () => bytesOf(handle, file, about.size) };
  } finally {
    await handle.close();
  }
}

/** A file that was made for this. */
export function entryOfText(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  return {
    path,
    bytes: bytes.length,
    async *read() {
      yield bytes;
    },
  };
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    // A pipe must not be waited for.
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

async function* bytesOf(handle: FileHandle, file: string, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, bytes - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Refused(`back up ${file}: it became shorter; try again`);
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
