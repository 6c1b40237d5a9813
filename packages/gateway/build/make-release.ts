import { existsSync } from "node:fs";
import { cp, mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

// `pnpm release`: everything that the gateway needs beside Node, in one folder without links, made
// of what `pnpm build` left. `headgate update pack` makes a signed update of it.

/** Native code: it stays outside of the bundle. */
const OUTSIDE = ["better-sqlite3", "serialport"];
/** Headers, for whoever compiles. */
const BUILD_ONLY = ["node-addon-api"];
/** The boxes that updates are for; the rest of what the packages bring stays away. */
const PREBUILT = /^(linux|linuxmusl)-(x64|arm64|arm)/;
const LEFT_OUT = /[/\\]better-sqlite3[/\\](deps|src)$|\.(d\.[cm]?ts|map|md)$/;

const own = dirname(import.meta.dirname);
const root = dirname(dirname(own));

interface Package {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** `pnpm release [FOLDER]` */
async function makeRelease(named: string | undefined): Promise<string> {
  const { version, engines } = await manifestOf(own);
  const folder = named ?? join(own, "release", `headgate-${version}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await cp(join(own, "dist"), join(folder, "dist"), { recursive: true, filter: isOfTheProgram });
  await cp(join(root, "LICENSE"), join(folder, "LICENSE"));
  const about = { name: "headgate", version, license: "Apache-2.0", type: "module", engines };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(about, null, 2)}\n`);
  const placed = new Map<string, string>();
  for (const name of OUTSIDE) await place(name, own, { home: folder, folder, placed });
  return folder;
}

/** The library and its types are for those who embed it. */
function isOfTheProgram(path: string): boolean {
  return !/\.(map|cjs|d\.c?ts)$|[/\\]dist[/\\]index\.js$/.test(path);
}

interface Target {
  readonly folder: string;
  /** Of what lies at the top: versions by name. */
  readonly placed: Map<string, string>;
  /** Of whoever needs it: another version of what is at the top lies below it. */
  readonly home: string;
}

async function place(name: string, from: string, { folder, placed, home }: Target): Promise<void> {
  const source = await realpath(installed(name, from));
  const { version, dependencies = {} } = await manifestOf(source);
  const there = placed.get(name);
  if (there === version) return;
  const target = join(there === undefined ? folder : home, "node_modules", name);
  if (existsSync(target)) return;
  if (there === undefined) placed.set(name, version);
  const filter = (path: string) => {
    const isForeign = basename(dirname(path)) === "prebuilds" && !PREBUILT.test(basename(path));
    const isNested = path !== source && basename(path) === "node_modules";
    return !isForeign && !isNested && !LEFT_OUT.test(path);
  };
  await cp(source, target, { recursive: true, filter });
  for (const needed of Object.keys(dependencies)) {
    if (BUILD_ONLY.includes(needed)) continue;
    await place(needed, source, { folder, placed, home: target });
  }
}

function installed(name: string, from: string): string {
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    if (existsSync(path)) return path;
  }
  throw new Error(`${name} is not installed below ${from}`);
}

async function manifestOf(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Package;
}

console.log(await makeRelease(process.argv[2]));
