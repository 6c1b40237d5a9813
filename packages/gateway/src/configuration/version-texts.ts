import type { ConfigEdit } from "./edit-text.ts";
import type { Sections, TextWork } from "./text-work.ts";
import type { ConfigVersion } from "./version-store.ts";

/** What versions of a configuration say, for people and for whoever edits them. */
export class VersionTexts {
  readonly #work: TextWork;
  readonly #shown = new WeakMap<ConfigVersion, string>();
  readonly #sections = new WeakMap<ConfigVersion, Sections>();

  constructor(work: TextWork) {
    this.#work = work;
  }

  /** Without its secrets; made once, as a large one takes long. */
  async shown(version: ConfigVersion): Promise<string> {
    const known = this.#shown.get(version);
    if (known !== undefined) return known;
    const hidden = await this.#work.hide({ text: version.text });
    // Where both are alike, one is enough in memory.
    const shown = hidden === version.text ? version.text : hidden;
    this.#shown.set(version, shown);
    return shown;
  }

  /** As it is shown, with these edits. Throws `Misconfigured` where it cannot be edited there. */
  async edited(version: ConfigVersion, edits: readonly ConfigEdit[]): Promise<string> {
    return await this.#work.edit({ text: await this.shown(version), edits });
  }

  /** What it says, without its secrets. */
  async said({ text }: ConfigVersion): Promise<unknown> {
    return await this.#work.say({ text });
  }

  /** Its channels and devices; made once, as whoever looks for devices asks each second. */
  async sections(version: ConfigVersion): Promise<Sections> {
    const known = this.#sections.get(version);
    if (known) return known;
    const sections = await this.#work.sections({ text: version.text });
    this.#sections.set(version, sections);
    return sections;
  }
}
