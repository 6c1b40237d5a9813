import type { Clock } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import { createTextWork, type TextWork } from "../configuration/text-work.ts";
import type { PackedConfig } from "./pack-config.ts";
import { unpackConfig } from "./pack-config.ts";
import { TextThread } from "./text-thread.ts";

/** What is smaller is read in a few milliseconds: a thread would only take memory. */
const CHARACTERS_MAX = 16 * 1024;
/** A device with a profile has as many points as if so much were written. */
const PROFILE_CHARACTERS = 1000;

/**
 * Work on large texts is done in a thread, on small ones here. The thread knows the drivers and
 * uplinks of the command line: `catalogue` has to be theirs.
 */
export function createLargeWork(
  catalogue: Catalogue,
  clock: Clock,
): TextWork & { readonly thread: TextThread } {
  const here = createTextWork(catalogue);
  const thread = new TextThread(clock);
  const asked = <Name extends keyof TextWork>(name: Name): TextWork[Name] =>
    ((wish: Parameters<TextWork[Name]>[0]) => {
      const work = here[name] as (wish: unknown) => Promise<unknown>;
      return isLarge(wish) ? thread.call(name, wish) : work(wish);
    }) as TextWork[Name];
  return {
    thread,
    check: asked("check"),
    edit: asked("edit"),
    keep: asked("keep"),
    hide: asked("hide"),
    say: asked("say"),
    sections: asked("sections"),
    secrets: asked("secrets"),
    changes: asked("changes"),
    async load(wish) {
      if (!isLarge(wish)) return await here.load(wish);
      const packed = (await thread.call("load", wish)) as PackedConfig | null;
      return packed && (await unpackConfig(packed, catalogue));
    },
  };
}

function isLarge(wish: object): boolean {
  const texts = Object.values(wish).filter((part) => typeof part === "string");
  return texts.some((text) => sizeOf(text) > CHARACTERS_MAX);
}

function sizeOf(text: string): number {
  if (text.length > CHARACTERS_MAX) return text.length;
  const profiles = text.match(/\bprofile"?\s*:/g)?.length ?? 0;
  return text.length + PROFILE_CHARACTERS * profiles;
}
