import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Image } from "./disk-image.ts";

/** Files whose bytes are memory shared by processes: not what a disk holds. */
const SHARED_MEMORY = /-shm$/;

/** The folder of a recording, into which images of it are written. */
export class ImageFolder {
  readonly path: string;
  /** Second names of the files that are to be the same file in every image. */
  readonly #kept: string;

  /** `path` exists; `kept` are names in it whose inode a database may remember. */
  constructor(path: string) {
    this.path = path;
    this.#kept = `${path}.kept`;
    mkdirSync(this.#kept, { recursive: true });
  }

  /** Holds on to these files: an image has them as the same files, not as copies. */
  keep(names: readonly string[]): void {
    for (const name of names) linkSync(join(this.path, name), join(this.#kept, name));
  }

  /** Makes the folder hold the image, and nothing else. */
  write(image: Image): void {
    for (const path of this.#present()) {
      if (!image.has(path)) rmSync(join(this.path, path), { recursive: true, force: true });
    }
    for (const [path, bytes] of image) {
      if (path.endsWith("/")) mkdirSync(join(this.path, path), { recursive: true });
      else this.#writeFile(path, bytes);
    }
  }

  /** Paths whose bytes are not those of the image; what a replay that understands all leaves. */
  differences(image: Image): string[] {
    const present = this.#present().filter((path) => !SHARED_MEMORY.test(path));
    const expected = [...image.keys()].filter((path) => !SHARED_MEMORY.test(path));
    const all = new Set([...present, ...expected]);
    return [...all].filter((path) => {
      const bytes = image.get(path);
      const whole = join(this.path, path);
      if (!bytes || !existsSync(whole)) return true;
      return !path.endsWith("/") && Buffer.compare(readFileSync(whole), bytes) !== 0;
    });
  }

  #present(): string[] {
    const entries = readdirSync(this.path, { recursive: true, withFileTypes: true });
    return entries.map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(this.path.length + 1);
      return entry.isDirectory() ? `${path}/` : path;
    });
  }

  #writeFile(path: string, bytes: Uint8Array): void {
    const whole = join(this.path, path);
    const kept = join(this.#kept, path);
    mkdirSync(dirname(whole), { recursive: true });
    if (existsSync(kept) && !isSame(whole, kept)) {
      rmSync(whole, { force: true });
      linkSync(kept, whole);
    }
    const file = openSync(whole, existsSync(whole) ? "r+" : "w");
    try {
      ftruncateSync(file, 0);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  }
}

function isSame(path: string, kept: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === statSync(kept).ino;
}
