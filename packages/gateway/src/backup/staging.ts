import { type FileHandle, lchown, lstat, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Owner, syncFolder } from "../access/durable-file.ts";
import type { EntryHead, EntrySink } from "./entries.ts";

/** Writes the files of a backup below a folder, readable by their owner only, and synced. */
export class Staging implements EntrySink {
  readonly #folder: string;
  readonly #folders = new Set<string>();
  #file: FileHandle | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async begin({ path }: EntryHead): Promise<void> {
    const target = join(this.#folder, path);
    await this.#makeFolder(dirname(target));
    this.#file = await open(target, "wx", 0o600);
  }

  async write(piece: Buffer): Promise<void> {
    for (let done = 0; this.#file && done < piece.length; ) {
      done += (await this.#file.write(piece, done, piece.length - done)).bytesWritten;
    }
  }

  async end(): Promise<void> {
    await this.#file?.sync();
    await this.close();
  }

  /** Of a file that is not whole. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Every name is on the disk. */
  async sync(): Promise<void> {
    for (const folder of this.#folders) await syncFolder(folder);
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    if (folder !== this.#folder) await this.#makeFolder(dirname(folder));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#folders.add(folder);
  }
}

/** This, and all that is below it, is to be somebody's. */
export async function giveTo(owner: Owner, path: string): Promise<void> {
  await lchown(path, owner.uid, owner.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(owner, join(path, name));
}
