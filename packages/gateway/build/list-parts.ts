import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { parse } from "yaml";

/** A package that a build is made of. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** As its package says: an SPDX expression mostly. */
  readonly licence: string;
  /** Of its archive, in hex; null of our own, which come from no archive. */
  readonly sha512: string | null;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string | { readonly type: string };
  readonly licenses?: readonly { readonly type: string }[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * What is needed to run the packages in `folders`, by what is installed, and whatever else became a
 * part of the bundle made of `bundled` files. Of `root` are the lock file and the workspace.
 */
export function listParts(
  root: string,
  { folders, bundled }: { folders: readonly string[]; bundled: readonly string[] },
): readonly Part[] {
  const hashes = hashesIn(readFileSync(join(root, "pnpm-lock.yaml"), "utf8"));
  const parts = new Map<string, Part>();
  const open = [...folders, ...bundled.flatMap((file) => folderOfPackage(file) ?? [])].map((path) =>
    realpathSync(path),
  );
  const seen = new Set<string>();
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    const manifest = manifestOf(folder);
    const { name, version } = manifest;
    const key = `${name}@${version}`;
    parts.set(key, {
      name,
      version,
      licence: licenceOf(manifest),
      sha512: hashes.get(key) ?? null,
    });
    const isOurs = !folder.includes(`${sep}node_modules${sep}`);
    open.push(...neededBy(folder, manifest, isOurs));
  }
  const byKey = [...parts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return byKey.map(([, part]) => part);
}

function neededBy(folder: string, manifest: Manifest, isOurs: boolean): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifest;
  const optional = manifest.peerDependenciesMeta ?? {};
  // Our own peers are for those who want them: they are parts only where the bundle has them.
  const peers = isOurs ? [] : Object.keys(peerDependencies);
  const needed = [
    ...Object.keys(dependencies).filter((name) => !(name in optionalDependencies)),
    ...peers.filter((name) => optional[name]?.optional !== true),
  ].map((name) => {
    const found = installed(name, folder);
    if (found === null) throw new Error(`${manifest.name} needs ${name}, which is not installed`);
    return found;
  });
  return [
    ...needed,
    ...Object.keys(optionalDependencies).flatMap((name) => installed(name, folder) ?? []),
  ];
}

/** As Node looks for it. */
function installed(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return realpathSync(place);
    if (dirname(folder) === folder) return null;
  }
}

/** Of a file below some `node_modules`; null of our own. */
function folderOfPackage(file: string): string | null {
  return /^.*[/\\]node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+(?=[/\\])/.exec(file)?.[0] ?? null;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Of packages whose own files name a licence that their manifest does not. */
const SAID_IN_FILES: Readonly<Record<string, string>> = { "precond@0.2.3": "MIT" };

/** Old packages have a list, or an object. */
function licenceOf({ name, version, license, licenses = [] }: Manifest): string {
  const said = SAID_IN_FILES[`${name}@${version}`];
  if (said !== undefined) return said;
  if (typeof license === "string") return license;
  const types = license ? [license.type] : licenses.map(({ type }) => type);
  return types.length > 1 ? `(${types.join(" OR ")})` : (types[0] ?? "");
}

function hashesIn(lock: string): ReadonlyMap<string, string> {
  const { packages } = parse(lock) as {
    packages: Record<string, { resolution?: { integrity?: string } }>;
  };
  return new Map(
    Object.entries(packages).flatMap(([key, { resolution }]): [string, string][] => {
      const base64 = /^sha512-(.+)$/.exec(resolution?.integrity ?? "")?.[1];
      return base64 === undefined ? [] : [[key, Buffer.from(base64, "base64").toString("hex")]];
    }),
  );
}
