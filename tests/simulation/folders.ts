import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory that looks like a disk, where the system has it: a seed writes much and keeps nothing. */
const MEMORY = "/dev/shm";

/** The disks of one simulated world. */
export class Folders {
  readonly #root = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "headgate-sim-"));
  #count = 0;

  make(name: string): string {
    const path = join(this.#root, `${name}-${++this.#count}`);
    mkdirSync(path);
    return path;
  }

  /** Copies a database and its log into a new folder; nobody may be writing. */
  copy(from: string, name: string): string {
    const path = this.make(name);
    for (const file of databaseFiles(from)) copyFileSync(join(from, file), join(path, file));
    return path;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }
}

/** Puts the database of `from` in the place of that of `to`: as another file, or into the same. */
export function replaceDatabase(from: string, to: string, isSameFile: boolean): void {
  for (const file of databaseFiles(to)) {
    if (!isSameFile || !file.endsWith(".db")) rmSync(join(to, file));
  }
  for (const file of databaseFiles(from)) copyFileSync(join(from, file), join(to, file));
}

function databaseFiles(folder: string): string[] {
  return readdirSync(folder).filter((file) => /\.db(-wal)?$/.test(file));
}
