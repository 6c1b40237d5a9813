import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { misplaced } from "./misplaced.ts";
import { type Profile, profileSchema } from "./profile-schema.ts";
import { parseYaml } from "./yaml-document.ts";

/** Device models by id. */
export interface ProfileLibrary {
  ids(): Promise<readonly string[]>;
  /** By id, or by a path to a file. Null if there is none; throws if it is broken. */
  load(idOrPath: string): Promise<Profile | null>;
  /** The file behind an id or path; null if there is none. */
  fileOf(idOrPath: string): Promise<string | null>;
}

/** The profiles that come with the gateway: beside the built file, or in the source tree. */
export function shippedProfileFolders(): readonly string[] {
  const places = ["./profiles/", "../../../../firmware-config/profiles/"];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
}

/**
 * Profiles as `<id>.yaml` in these folders; an earlier folder wins. "_…" are examples. Paths start
 * at `directory`.
 */
export function profileLibrary(folders: readonly string[], directory = "."): ProfileLibrary {
  const files = async () => {
    const lists = await Promise.all(folders.map(async (folder) => listFolder(folder)));
    return new Map(lists.reverse().flat());
  };
  const fileOf = async (given: string) =>
    isPath(given) ? resolve(directory, given) : ((await files()).get(given) ?? null);
  return {
    ids: async () => [...(await files()).keys()].toSorted(),
    fileOf,
    load: async (given) => {
      const file = await fileOf(given);
      if (file === null) return null;
      return readProfile(await readBounded(file), isPath(given) ? null : given);
    },
  };
}

/** The same for one reading of a configuration: a profile that many devices share is read once. */
export function readOnce(library: ProfileLibrary): ProfileLibrary {
  const loaded = new Map<string, Promise<Profile | null>>();
  const load = (given: string) => {
    const known = loaded.get(given) ?? library.load(given);
    loaded.set(given, known);
    return known;
  };
  return { ...library, load };
}

/** The largest that comes with the gateway is a tenth of it. */
const BYTES_MAX = 1024 * 1024;

/** Whoever writes a configuration may name any file: one without an end must not be waited for. */
async function readBounded(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new Error(`${path} is no file`);
    if (about.size > BYTES_MAX) throw new Error(`${path} is larger than 1 MiB`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Every profile that comes with the gateway, in the order of ids. */
export async function loadShippedProfiles(): Promise<readonly Profile[]> {
  const library = profileLibrary(shippedProfileFolders());
  const loaded = await Promise.all((await library.ids()).map((id) => library.load(id)));
  return loaded.filter((profile) => profile !== null);
}

/** `./meters/mine.yaml` is a file, `eastron-sdm630` an id. */
export function isPath(given: string): boolean {
  return /[/\\]|\.ya?ml$/.test(given);
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

/** Told of a file; `headgate profile check` tells all, each with its line. */
const MISTAKES_MAX = 20;
/** A list of allowed words that is longer is not told. */
const WORDS_MAX = 10;

function describeIssue(issue: z.core.$ZodIssue): string {
  const isLong = issue.code === "invalid_value" && issue.values.length > WORDS_MAX;
  const what = isLong ? `not one of the ${issue.values.length} words for it` : issue.message;
  return `${issue.path.join(".")}: ${what}`;
}

/** A profile from its text, of this id if not null; throws with its mistakes in the message. */
export function readProfile(text: string, id: string | null): Profile {
  const document = parseYaml(text, { uniqueKeys: true });
  const [mistake] = document.errors;
  // The library shows the text around it: of a file that is no profile, nobody is shown a line.
  if (mistake) throw new Error(mistake.message.split("\n")[0]?.replace(/:$/, ""));
  const checked = profileSchema.safeParse(document.toJS());
  if (!checked.success) {
    const told = checked.error.issues.slice(0, MISTAKES_MAX).map(describeIssue);
    const more = checked.error.issues.length - told.length;
    throw new Error([...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; "));
  }
  const [wrong] = misplaced(checked.data);
  if (wrong) throw new Error(`${wrong.path.join(".")}: ${wrong.why}`);
  if (id !== null && checked.data.id !== id)
    throw new Error(`its id is "${checked.data.id}", its file "${id}"`);
  return checked.data;
}
