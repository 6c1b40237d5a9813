import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Refused } from "@headgate/model";
import { dataPathOf, referencesOf } from "../config/check-file.ts";
import { isPath } from "../config/profile.ts";
import { resolveReferences } from "../config/references.ts";
import { readSource } from "../config/source.ts";
import { isPutBeside } from "./backed-up.ts";
import { filesBelow } from "./kept-files.ts";

const FILE_BYTES_MAX = 1024 * 1024;
export const FILES_MAX = 20_000;
/** Of channels and uplinks: certificates and keys. */
const FILE_KEYS = new Set(["ca", "cert", "key", "userCertificate", "userKey"]);
const REFERENCE = /\$\{\s*(env|secret)\s*:\s*([A-Za-z0-9][\w.-]*)\s*\}/g;

/** What a configuration needs beside itself. */
export interface NamedFiles {
  readonly gateway: { readonly id: string; readonly name: string };
  readonly dataFolder: string;
  /** By their path in the backup: where they lie. */
  readonly files: ReadonlyMap<string, string>;
  /** The same, of those that lie elsewhere. */
  readonly elsewhere: readonly { readonly name: string; readonly path: string }[];
  /** There, but too large or not this user's to look at. */
  readonly left: readonly string[];
  /** By their names: secrets from wherever they are looked for. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Environment variables, and what could not be found. */
  readonly variables: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Looks at a configuration's text and at the files that it names. Whatever mistakes it has; one
 * that is no YAML at all has no gateway's id.
 */
export async function namedFilesOf(text: string, configPath: string): Promise<NamedFiles> {
  const directory = dirname(resolve(configPath));
  const { value: said, isReadable } = readSource(text);
  const value = isReadable ? said : null;
  const dataFolder = dataPathOf(value, directory);
  const lookUp = referencesOf(dataFolder, process.env);
  const { value: resolved } = await resolveReferences(value, lookUp, () => {});
  const { found, left } = await filesIn(resolved, directory);
  const beside = [...found].flatMap((path) => {
    const inside = relative(directory, path);
    const isInside = !inside.startsWith("..") && !isAbsolute(inside) && inside !== "";
    return isInside && isPutBeside(inside) ? [[`beside/${inside}`, path] as const] : [];
  });
  const isBeside = new Set(beside.map(([, path]) => path));
  const elsewhere = [...found]
    .filter((path) => !isBeside.has(path))
    .map((path, index) => ({ name: `${index + 1}-${basename(path)}`, path }));
  const outer = elsewhere.map(({ name, path }) => [`elsewhere/${name}`, path] as const);
  const references = await referencesIn(text, dataFolder);
  const files = new Map([...beside, ...outer]);
  return { gateway: gatewayOf(value), dataFolder, files, elsewhere, left, ...references };
}

function gatewayOf(value: unknown): { id: string; name: string } {
  const { gateway } = (value ?? {}) as { gateway?: { id?: unknown; name?: unknown } };
  const textOf = (part: unknown) => (typeof part === "string" ? part.slice(0, 200) : "");
  return { id: textOf(gateway?.id), name: textOf(gateway?.name) };
}

async function filesIn(root: unknown, directory: string) {
  const [found, left] = [new Set<string>(), new Set<string>()];
  const folder = join(directory, "profiles");
  for await (const name of filesBelow(folder, (path) => /^[^/]+\.yaml$/.test(path))) {
    found.add(join(folder, name));
  }
  const seen = new Set<object>();
  const walk = async (value: unknown, key: string): Promise<void> => {
    if (typeof value === "string") {
      if (!FILE_KEYS.has(key) && !(key === "profile" && isPath(value))) return;
      const path = resolve(directory, value);
      const fits = await fitsBackup(path);
      if (fits !== null) (fits ? found : left).add(path);
    } else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [name, part] of Object.entries(value)) await walk(part, name);
    }
  };
  await walk(root, "");
  if (found.size <= FILES_MAX) return { found, left: [...left] };
  throw new Refused(`back up: the configuration names more than ${FILES_MAX} files`);
}

/** Null where there is none: whoever reads the configuration says so. */
async function fitsBackup(path: string): Promise<boolean | null> {
  try {
    const about = await stat(path);
    return about.isFile() && about.size <= FILE_BYTES_MAX;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return /^(ENOENT|ENOTDIR|ENAMETOOLONG)$/.test(code) ? null : false;
  }
}

async function referencesIn(text: string, dataFolder: string) {
  const lookUp = referencesOf(dataFolder, process.env);
  const secrets = new Map<string, string>();
  const [variables, missing] = [new Set<string>(), new Set<string>()];
  for (const [whole, kind, name = ""] of text.matchAll(REFERENCE)) {
    if (kind === "env") {
      variables.add(name);
      continue;
    }
    const { value, missing: lost } = await resolveReferences(whole, lookUp, () => {});
    if (lost.length > 0 || typeof value !== "string") missing.add(name);
    else secrets.set(name, value);
  }
  return { secrets, variables: [...variables], missing: [...missing] };
}
