import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import { type Media, Refused } from "@headgate/model";

/** The pictures' folder: a file is complete and on the disk before its block is numbered. */
export class MediaFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = join(directory, "media");
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
    await syncFolders(folder, first === undefined ? folder : dirname(first));
  }

  read(name: string): Promise<Uint8Array> {
    return readFile(join(this.#directory, name));
  }
}

/** Syncs `folder` and those above it, up to `top`: a new folder is an entry of its parent. */
async function syncFolders(folder: string, top: string): Promise<void> {
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    const handle = await open(at, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (at === dirname(at)) return;
  }
}

function checkName(name: string): void {
  const parts = name.split("/");
  const isInside = posix.normalize(name) === name && !parts.includes("..") && !name.startsWith("/");
  if (isInside && name !== "" && name !== "." && !/[\\\0]/.test(name)) return;
  throw new Refused(`keep picture "${name}": the name must be a plain relative path`);
}
