import { randomFillSync } from "node:crypto";
import { chmod, type FileHandle, lstat, open, readdir, rmdir, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "../access/durable-file.ts";
import { OWN } from "./own-names.ts";

const PIECE_BYTES = 1024 * 1024;

/** What was wiped, and what was not. */
export interface Wiped {
  readonly fileCount: number;
  readonly bytes: number;
  /** Not ours, or only pointed to. */
  readonly left: readonly string[];
}

/** Overwrites and removes all that a gateway keeps in its folder; may be done again after a cut. */
export async function wipeFolder(folder: string): Promise<Wiped> {
  const names = await readdir(folder);
  const found = { fileCount: 0, bytes: 0, left: [] as string[] };
  for (const own of OWN) {
    for (const name of names.filter((one) => own.test(one))) {
      await wipe(join(folder, name), found);
    }
    await syncFolder(folder);
  }
  const others = names.filter((name) => !OWN.some((own) => own.test(name)));
  found.left.push(...others.map((name) => join(folder, name)));
  return found;
}

type Counts = { fileCount: number; bytes: number; left: string[] };

async function wipe(path: string, counts: Counts): Promise<void> {
  const entry = await lstat(path);
  if (entry.isDirectory()) {
    for (const name of await readdir(path)) await wipe(join(path, name), counts);
    return await rmdir(path);
  }
  if (entry.isFile()) {
    // Whoever put a secret there may have taken the right to write it away, from the owner too.
    await chmod(path, 0o600);
    await overwrite(path, entry.size);
    counts.bytes += entry.size;
  }
  // What a link points to may belong to others.
  if (entry.isSymbolicLink()) counts.left.push(`what ${basename(path)} pointed to`);
  await unlink(path);
  counts.fileCount++;
}

async function overwrite(path: string, bytes: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, Math.max(1, bytes)));
    for (let at = 0; at < bytes; at += piece.length) {
      randomFillSync(piece);
      await writeWhole(file, piece.subarray(0, Math.min(piece.length, bytes - at)), at);
    }
    await file.sync();
    await file.truncate(0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeWhole(file: FileHandle, piece: Buffer, at: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, at + done);
    done += bytesWritten;
  }
}
