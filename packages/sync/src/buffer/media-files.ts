import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import { type Media, Refused } from "@headgate/model";
import { codeOf } from "./sqlite.ts";

/** Folders remembered as safe; there are few, one for each camera's point. */
const FOLDERS_MAX = 1000;

/** The pictures' folder: a file is complete and on the disk before its block is numbered. */
export class MediaFiles {
  readonly #directory: string;
  /** Folders whose own name is known to be on the disk. */
  readonly #safe = new Set<string>();

  constructor(directory: string) {
    this.#directory = resolve(directory, "media");
  }

  async write({ name, bytes }: Media): Promise<void> {
    checkName(name);
    const path = resolve(this.#directory, name);
    const folder = dirname(path);
    const first = await mkdir(folder, { recursive: true });
    const part = `${path}.part`;
    try {
      const file = await open(part, "w");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await this.#syncFolders(folder, first);
  }

  /**
   * Syncs `folder`, and those above it up to one whose name is safe: a new folder is an entry of
   * its parent, and whoever made it may not have synced that yet. `first` is the first made now.
   */
  async #syncFolders(folder: string, first: string | undefined): Promise<void> {
    const top = dirname(this.#directory);
    const isNew = (at: string) => first !== undefined && at.startsWith(resolve(first));
    if (this.#safe.size > FOLDERS_MAX) this.#safe.clear();
    const synced: string[] = [];
    for (let at = folder; ; at = dirname(at)) {
      await sync(at);
      if (at === top || (this.#safe.has(at) && !isNew(at))) break;
      synced.push(at);
    }
    for (const at of synced) this.#safe.add(at);
  }

  read(name: string): Promise<Uint8Array> {
    return readFile(join(this.#directory, name));
  }
}

/** Whether the machine lacks something for a while: that says nothing about the file. */
export function isShortage(error: unknown): boolean {
  return /^(EMFILE|ENFILE|ENOMEM|EAGAIN|EBUSY|EINTR)$/.test(codeOf(error));
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function checkName(name: string): void {
  const parts = name.split("/");
  const isInside = posix.normalize(name) === name && !parts.includes("..") && !name.startsWith("/");
  if (isInside && name !== "" && name !== "." && !/[\\\0]/.test(name)) return;
  throw new Refused(`keep picture "${name}": the name must be a plain relative path`);
}
