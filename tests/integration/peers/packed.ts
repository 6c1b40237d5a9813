import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environment } from "./headgate.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
const INSTALL_MS_MAX = 240_000;

/** The four packages as npm would get them. */
export interface Packed {
  readonly folder: string;
  /** By the package's name: its tarball. */
  readonly tarballs: ReadonlyMap<string, string>;
}

/** `pnpm pack` of every package, from what is built. */
export async function packAll(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-packed-"));
  // The page is inside the gateway.
  const filter = ["--recursive", "--filter", "./packages/**", "--filter", "!@headgate/web"];
  await pnpm([...filter, "pack", "--pack-destination", folder], root);
  const tarballs = new Map<string, string>();
  for (const file of await readdir(folder)) {
    const name = /^headgate-([a-z]+)-.*\.tgz$/.exec(file)?.[1];
    if (name) tarballs.set(`@headgate/${name}`, join(folder, file));
  }
  return { folder, tarballs };
}

/** A folder of someone else's: an example's files, installed from the tarballs alone. */
export async function installExample(name: string, { folder, tarballs }: Packed): Promise<string> {
  const home = join(folder, name);
  const isOurs = (path: string) => !path.split("/").slice(-2).includes("node_modules");
  await cp(join(root, "examples", name), home, { recursive: true, filter: isOurs });
  const path = join(home, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const overrides: Record<string, string> = {};
  for (const [dependency, tarball] of tarballs) {
    overrides[dependency] = `file:${tarball}`;
    if (manifest.dependencies[dependency]) manifest.dependencies[dependency] = `file:${tarball}`;
  }
  await writeFile(path, JSON.stringify(manifest));
  // JSON is YAML. No install script runs: what is packed must do without.
  const settings = { overrides, allowBuilds: {}, strictDepBuilds: false };
  await writeFile(join(home, "pnpm-workspace.yaml"), JSON.stringify(settings));
  await pnpm(["install", "--prefer-offline", "--ignore-scripts"], home);
  return home;
}

/** Removes tarballs and installed examples. */
export function removePacked({ folder }: Packed): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

async function pnpm(words: readonly string[], cwd: string): Promise<void> {
  const options = { cwd, env: environment(), timeout: INSTALL_MS_MAX, maxBuffer: 2 ** 24 };
  await run("npx", ["-y", "pnpm@12", ...words], options);
}
