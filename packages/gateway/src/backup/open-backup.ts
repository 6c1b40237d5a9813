import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Refused } from "@headgate/model";
import { BUFFER_SCHEMA } from "@headgate/sync/buffer";
import { CONFIG, MANIFEST } from "./backed-up.ts";
import { type BackupKey, backupKeyOf, HEADER_BYTES } from "./backup-key.ts";
import { type EntryHead, type EntrySink, unpackEntries } from "./entries.ts";
import { MANIFEST_BYTES_MAX, type Manifest, parseManifest } from "./manifest.ts";
import { unseal } from "./seal.ts";

const READ_BYTES = 256 * 1024;
export const CONFIG_BYTES_MAX = 16 * 1024 * 1024;

/** A backup, every byte of which was proved. */
export interface ProvedBackup {
  readonly path: string;
  readonly key: BackupKey;
  readonly manifest: Manifest;
  /** The configuration's text. */
  readonly config: string;
  readonly fileCount: number;
  readonly bytes: number;
}

/** Proves every byte, and writes none. */
export async function proveBackup(path: string, passphrase: string): Promise<ProvedBackup> {
  const key = await backupKeyOf(await readHeader(path), passphrase);
  const look = new Look();
  await unpackBackup({ path, key }, look);
  const manifest = look.manifest;
  if (manifest === null || look.config === null) {
    throw new Refused("the backup cannot be understood: it holds no configuration");
  }
  const { bufferSchema, version } = manifest;
  if (bufferSchema !== null && bufferSchema > BUFFER_SCHEMA) {
    throw new Refused(
      `the backup was made by version ${version}, whose buffer this one cannot read; ` +
        "install that version first",
    );
  }
  const { config, fileCount, bytes } = look;
  return { path, key, manifest, config, fileCount, bytes };
}

/** Gives each file to `sink`; nothing is given that was not proved. */
export async function unpackBackup(
  { path, key }: Pick<ProvedBackup, "path" | "key">,
  sink: EntrySink,
): Promise<void> {
  const source = createReadStream(path, { start: HEADER_BYTES, highWaterMark: READ_BYTES });
  await unpackEntries(unseal(source, key.key), sink);
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    throw new Refused(`open backup "${path}": ${cause.code}; check path and rights`, { cause });
  });
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    return header.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Keeps the two files that say what a backup is. */
class Look implements EntrySink {
  fileCount = 0;
  bytes = 0;
  manifest: Manifest | null = null;
  config: string | null = null;
  #path = "";
  #text: Buffer[] | null = null;

  async begin({ path, bytes }: EntryHead): Promise<void> {
    if ((path === MANIFEST) !== (this.fileCount === 0)) {
      throw new Refused("the backup cannot be understood: it does not begin with what it is");
    }
    const bytesMax = { [MANIFEST]: MANIFEST_BYTES_MAX, [CONFIG]: CONFIG_BYTES_MAX }[path];
    if (bytesMax !== undefined && bytes > bytesMax) {
      throw new Refused(`the backup cannot be understood: "${path}" is too large`);
    }
    this.#path = path;
    this.#text = bytesMax === undefined ? null : [];
    this.fileCount++;
    this.bytes += bytes;
  }

  async write(piece: Buffer): Promise<void> {
    this.#text?.push(piece);
  }

  async end(): Promise<void> {
    if (this.#text === null) return;
    const text = Buffer.concat(this.#text).toString("utf8");
    if (this.#path === MANIFEST) this.manifest = parseManifest(text);
    else this.config = text;
  }
}
