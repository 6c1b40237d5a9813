import { join } from "node:path";
import { Refused } from "@headgate/model";
import { z } from "zod";
import { replaceFile, textIfThere } from "../access/durable-file.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { BY_ITSELF } from "../configuration/probation.ts";
import { Turns } from "../turns.ts";
import type { Updates } from "../update/updates.ts";

/** Something went back by itself to what was there before. */
export interface RollBack {
  readonly id: string;
  readonly kind: "config" | "update";
  /** Of a configuration the one that is in use again, as a new one; of the program what left. */
  readonly version: string;
  readonly why: string;
  readonly atMs: number;
}

interface Sources {
  /** Where it is kept which were seen. */
  readonly folder: string;
  readonly configuration: Pick<Configuration, "version"> | null;
  readonly updates: Pick<Updates, "view"> | null;
}

const SEEN_MAX = 50;

/** What went back by itself, until somebody has seen it. */
export class RollBacks {
  readonly #sources: Sources;
  readonly #turns = new Turns();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async unseen(): Promise<readonly RollBack[]> {
    const seen = await this.#seen();
    const all = [this.#ofConfig(), await this.#ofUpdate()];
    return all.filter((one) => one !== null && !seen.includes(one.id)) as RollBack[];
  }

  /** Resolves once it is kept that somebody has seen it. */
  async see(id: string): Promise<RollBack> {
    return await this.#turns.take(async () => {
      const found = (await this.unseen()).find((one) => one.id === id);
      if (!found) throw new Refused("somebody has seen that already");
      const seen = [...(await this.#seen()), id].slice(-SEEN_MAX);
      await replaceFile(this.#path, `${JSON.stringify(seen)}\n`);
      return found;
    });
  }

  /** Whoever makes a newer version has seen what the one before was. */
  #ofConfig(): RollBack | null {
    const { configuration } = this.#sources;
    if (configuration?.version.who !== BY_ITSELF) return null;
    const { version, why, atMs } = configuration.version;
    return { id: `config-${version}`, kind: "config", version: `${version}`, why, atMs };
  }

  async #ofUpdate(): Promise<RollBack | null> {
    const last = (await this.#sources.updates?.view())?.last;
    if (last?.kind !== "went-back") return null;
    const { version, why, atMs } = last;
    return { id: `update-${atMs}`, kind: "update", version, why, atMs };
  }

  get #path(): string {
    return join(this.#sources.folder, "roll-backs-seen.json");
  }

  async #seen(): Promise<readonly string[]> {
    const text = await textIfThere(this.#path);
    try {
      return z.array(z.string()).parse(JSON.parse(text ?? "[]"));
    } catch {
      return []; // Damaged: they are shown once more.
    }
  }
}
