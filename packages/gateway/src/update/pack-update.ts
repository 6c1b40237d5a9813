import { createHash, type KeyObject, sign } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Misconfigured } from "@headgate/model";
import { checkFiles, type Manifest, type PackedFile } from "./manifest.ts";
import { FIRST_LINE, signedBytes } from "./update-file.ts";

type About = Pick<Manifest, "version" | "node" | "bufferSchema" | "notes">;

/** Makes one signed file of a folder. The same folder gives the same files in the same order. */
export async function packUpdate(
  folder: string,
  { about, key, out }: { about: About; key: KeyObject; out: string },
): Promise<Manifest> {
  if (key.asymmetricKeyType !== "ed25519") throw new Misconfigured("the key is no Ed25519 key");
  const files: PackedFile[] = [];
  for (const path of await pathsIn(folder, "")) {
    const { sha256, bytes } = await digestOf(join(folder, path));
    files.push({ path, bytes, sha256 });
  }
  checkFiles(files);
  const packed = `${out}.payload`;
  try {
    await pipeline(
      () => bytesOf(folder, files),
      createGzip({ level: 9 }),
      createWriteStream(packed),
    );
    const payload = await digestOf(packed);
    const manifest = { product: "headgate" as const, ...about, payload, files };
    const text = JSON.stringify(manifest);
    const signature = sign(null, signedBytes(text), key).toString("hex");
    async function* whole() {
      yield Buffer.from(`${FIRST_LINE}${signature}\n${text}\n`);
      yield* createReadStream(packed) as AsyncIterable<Buffer>;
    }
    await pipeline(whole, createWriteStream(`${out}.new`));
    await rename(`${out}.new`, out);
    return manifest;
  } finally {
    await rm(packed, { force: true });
    await rm(`${out}.new`, { force: true });
  }
}

async function* bytesOf(folder: string, files: readonly PackedFile[]) {
  for (const { path } of files) {
    yield* createReadStream(join(folder, path)) as AsyncIterable<Buffer>;
  }
}

async function pathsIn(folder: string, below: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of (await readdir(join(folder, below))).toSorted()) {
    const path = below === "" ? name : `${below}/${name}`;
    const entry = await lstat(join(folder, path));
    if (entry.isDirectory()) paths.push(...(await pathsIn(folder, path)));
    else if (entry.isFile()) paths.push(path);
    else throw new Misconfigured(`"${join(folder, path)}" is no file: an update has no links`);
  }
  return paths;
}

async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}
