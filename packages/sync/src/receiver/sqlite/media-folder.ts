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
import { dirname, join } from "node:path";
import type { MediaRecord } from "../../block/media-body.ts";

/** Longest part of a path that every usual file system takes, in characters. */
const PART_CHARACTERS_MAX = 100;

/** Pictures as files beside the store, each durable before its row is. */
export class MediaFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Keeps the file and returns its path below the folder. `unique` tells namesakes apart. */
  keep(gatewayId: string, media: MediaRecord, unique: string): string {
    const path = join(safePart(gatewayId), ...media.name.split("/").map(safePart));
    const other = `${path}.${safePart(unique)}`;
    // A crash between file and row leaves the file: the same bytes again are no namesake.
    const target = this.#isTaken(path, media.bytes) ? other : path;
    this.#write(join(this.#root, target), media.bytes);
    return target;
  }

  #isTaken(path: string, bytes: Uint8Array): boolean {
    const whole = join(this.#root, path);
    return existsSync(whole) && Buffer.compare(readFileSync(whole), bytes) !== 0;
  }

  #write(path: string, bytes: Uint8Array): void {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true });
    const draft = `${path}.part`;
    const file = openSync(draft, "w");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    const directory = openSync(folder, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
}

/** Foreign text as one harmless part of a path: never "..", never a separator. */
function safePart(text: string): string {
  const safe = text.replace(/[^\p{L}\p{N}._-]/gu, "_").slice(0, PART_CHARACTERS_MAX);
  return safe.replace(/^\.+/, "_") || "_";
}
