import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { MediaRecord } from "../../block/media-body.ts";

/** Longest part of a path: file systems take 255 bytes, and endings are added. */
const PART_BYTES_MAX = 100;

/** Pictures as files beside the store, each durable before its row is. */
export class MediaFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Keeps the file and returns its path below the folder: the one that its name asks for if that
   * can be, else `unique`. No name, however odd, may keep the store from taking anything.
   */
  keep(gatewayId: string, media: MediaRecord, unique: string): string {
    const own = safePart(gatewayId);
    const named = join(own, ...media.name.split("/").map(safePart));
    const other = `${named}.${safePart(unique)}`;
    const plain = join(own, safePart(unique));
    for (const path of [named, other, plain]) {
      try {
        // A crash between file and row leaves the file: the same bytes again are no namesake.
        if (path === named && this.#isTaken(path, media.bytes)) continue;
        this.#write(join(this.#root, path), media.bytes);
        return path;
      } catch (error) {
        if (path === plain || !isOfName(error)) throw error;
      }
    }
    return plain;
  }

  #isTaken(path: string, bytes: Uint8Array): boolean {
    const whole = join(this.#root, path);
    return existsSync(whole) && Buffer.compare(readFileSync(whole), bytes) !== 0;
  }

  #write(path: string, bytes: Uint8Array): void {
    const folder = dirname(resolve(path));
    const first = mkdirSync(folder, { recursive: true });
    const draft = `${path}.part`;
    const file = openSync(draft, "w");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    syncFolders(folder, first === undefined ? folder : dirname(first));
  }
}

/** Syncs `folder` and those above it, up to `top`: a new folder is an entry of its parent. */
function syncFolders(folder: string, top: string): void {
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    const directory = openSync(at, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
    if (at === dirname(at)) return;
  }
}

/** Whether it is the name that cannot be: too long, or a file where a folder should be. */
function isOfName(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ENAMETOOLONG", "ENOTDIR", "EISDIR", "EEXIST"].includes(code);
}

/** Foreign text as one harmless part of a path: never "..", never a separator. */
function safePart(text: string): string {
  let safe = text.slice(0, PART_BYTES_MAX).replace(/[^\p{L}\p{N}._-]/gu, "_");
  while (Buffer.byteLength(safe) > PART_BYTES_MAX) safe = safe.slice(0, -1);
  return safe.replace(/^\.+/, "_") || "_";
}
