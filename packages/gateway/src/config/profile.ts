import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type Profile, profileSchema } from "./profile-schema.ts";

/** Device models by id. */
export interface ProfileLibrary {
  ids(): Promise<readonly string[]>;
  /** Null if there is none of this id; throws if it is broken. */
  load(id: string): Promise<Profile | null>;
}

/** The profiles that come with the gateway: beside the built file, or in the source tree. */
export function shippedProfileFolders(): readonly string[] {
  const places = ["./profiles/", "../../../../firmware-config/profiles/"];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
}

/** Profiles as `<id>.yaml` in these folders; an earlier folder wins. "_…" are examples. */
export function profileLibrary(folders: readonly string[]): ProfileLibrary {
  const files = async () => {
    const lists = await Promise.all(folders.map(async (folder) => listFolder(folder)));
    return new Map(lists.reverse().flat());
  };
  return {
    ids: async () => [...(await files()).keys()].toSorted(),
    load: async (id) => {
      const file = (await files()).get(id);
      return file === undefined ? null : readProfile(await readFile(file, "utf8"), id);
    },
  };
}

async function listFolder(folder: string): Promise<[id: string, file: string][]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return []; // A folder that may exist: each installation has one of several.
  }
  const profiles = names.filter((name) => /^[a-z0-9].*\.yaml$/.test(name));
  return profiles.map((name) => [name.slice(0, -".yaml".length), join(folder, name)]);
}

/** A profile from its text; throws with every mistake in the message. */
export function readProfile(text: string, id: string): Profile {
  const checked = profileSchema.safeParse(parse(text));
  if (!checked.success) {
    const mistakes = checked.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    throw new Error(mistakes.join("; "));
  }
  if (checked.data.id !== id) throw new Error(`its id is "${checked.data.id}", its file "${id}"`);
  return checked.data;
}
