import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile, syncFolder, textIfThere } from "../access/durable-file.ts";

/** The oldest goes when there are more, or they are larger together. */
const VERSIONS_MAX = 200;
const BYTES_MAX = 64 * 1024 * 1024;
/** Never fewer, however large: the one in use, and the one that may come back. */
const VERSIONS_MIN = 3;

export const changeSchema = z
  .strictObject({
    path: z.string(),
    old: z.string().nullable(),
    new: z.string().nullable(),
  })
  .meta({ id: "ConfigChange" });

/** Beside what a draft changes. */
export const movedSecretsSchema = z.array(z.string()).meta({
  description:
    "Places of secrets that it would show or send elsewhere: takes an admin, or the secret anew",
});

export const versionSchema = z.strictObject({
  version: z.int().min(1),
  atMs: z.number(),
  who: z.string(),
  why: z.string(),
  changes: z.array(changeSchema),
  /** The file's text, secrets and all: readable by its owner only, as the file. */
  text: z.string(),
});
export type ConfigVersion = z.infer<typeof versionSchema>;

const pendingSchema = z.strictObject({
  version: z.int(),
  previous: z.int(),
  /** Processes that began with it: the second one finds it to have ended the first. */
  startCount: z.int(),
  /** Uplinks that it changed: each has to be acknowledged something in the new state. */
  uplinkIds: z.array(z.string()).default([]),
  /** Uplinks of the version before: should it come back, what they lacked must be there. */
  uplinkIdsBefore: z.array(z.string()).default([]),
  /** Somebody must say that it may stay, from the new state; else the uplinks' word is enough. */
  needsWord: z.boolean().default(true),
});
/** A version that must be confirmed, or the one before it comes back. */
export type Pending = z.infer<typeof pendingSchema>;

/** Every version of a configuration, and the mark of one that is on probation. */
export class VersionStore {
  readonly #folder: string;
  readonly #bytesMax: number;

  constructor(folder: string, { bytesMax = BYTES_MAX } = {}) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  /** Ascending. */
  async numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const found = names.flatMap((name) => /^version-(\d+)\.json$/.exec(name)?.[1] ?? []);
    return found.map(Number).toSorted((a, b) => a - b);
  }

  /** Null if there is none, or it cannot be understood any more. */
  async read(version: number): Promise<ConfigVersion | null> {
    const text = await textIfThere(this.#pathOf(version));
    if (text === null) return null;
    try {
      return versionSchema.parse(JSON.parse(text));
    } catch {
      return null; // Damaged: as good as gone, and the others are still there.
    }
  }

  newest(): Promise<ConfigVersion | null> {
    return this.lastUntil(Number.POSITIVE_INFINITY);
  }

  /** This version, or where it cannot be read the last one before it that can. */
  async lastUntil(last: number): Promise<ConfigVersion | null> {
    for (const version of (await this.numbers()).toReversed()) {
      if (version > last) continue;
      const found = await this.read(version);
      if (found) return found;
    }
    return null;
  }

  /** Resolves when it would survive a power cut. */
  async add(version: Omit<ConfigVersion, "version">): Promise<ConfigVersion> {
    const numbers = await this.numbers();
    const added = { version: (numbers.at(-1) ?? 0) + 1, ...version };
    await replaceFile(this.#pathOf(added.version), `${JSON.stringify(added)}\n`);
    for (const number of await this.#surplusOf([...numbers, added.version])) {
      await rm(this.#pathOf(number), { force: true });
    }
    return added;
  }

  async #surplusOf(numbers: readonly number[]): Promise<readonly number[]> {
    let [bytes, keptCount] = [0, 0];
    for (const number of numbers.toReversed()) {
      bytes += (await stat(this.#pathOf(number))).size;
      const isRoom = keptCount < VERSIONS_MAX && bytes <= this.#bytesMax;
      if (!isRoom && keptCount >= VERSIONS_MIN) break;
      keptCount++;
    }
    return numbers.slice(0, numbers.length - keptCount);
  }

  async pending(): Promise<Pending | null> {
    const text = await textIfThere(this.#pendingPath);
    if (text === null) return null;
    try {
      return pendingSchema.parse(JSON.parse(text));
    } catch {
      return null; // It is replaced whole: what cannot be read was never one of ours.
    }
  }

  async markPending(pending: Pending): Promise<void> {
    await replaceFile(this.#pendingPath, `${JSON.stringify(pending)}\n`);
  }

  /** For good: it does not come back with a power cut. */
  async clearPending(): Promise<void> {
    await rm(this.#pendingPath, { force: true });
    await syncFolder(this.#folder);
  }

  get #pendingPath(): string {
    return join(this.#folder, "pending.json");
  }

  #pathOf(version: number): string {
    return join(this.#folder, `version-${String(version).padStart(8, "0")}.json`);
  }
}
