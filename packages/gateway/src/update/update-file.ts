import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Refused } from "@headgate/model";
import { MANIFEST_BYTES_MAX, type Manifest, type PackedFile, parseManifest } from "./manifest.ts";
import { signerOf, type TrustedKey } from "./trusted-keys.ts";

// An update is three lines of text, and the bytes of its files, one after the other, as one gzip:
//   headgate-update 1
//   <Ed25519 signature of the first and third line, in hex>
//   <manifest: JSON in one line>
// Names of files are in the manifest alone: what is not signed names nothing.

export const FIRST_LINE = "headgate-update 1\n";
export const UPDATE_BYTES_MAX = 256 * 1024 * 1024;
const SIGNATURE_CHARACTERS = 128;
const HEAD_BYTES_MAX = FIRST_LINE.length + SIGNATURE_CHARACTERS + 2 + MANIFEST_BYTES_MAX;

/** What is known of an update once its signature was found to be right. */
export interface UpdateHead {
  readonly path: string;
  readonly manifest: Manifest;
  /** The three lines, as they are. */
  readonly text: string;
  /** Name of the key that signed it. */
  readonly signer: string;
}

/** Takes nothing of an update for true before its signature; `Refused` says what is wrong. */
export async function readHead(path: string, keys: readonly TrustedKey[]): Promise<UpdateHead> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size > UPDATE_BYTES_MAX) {
      throw new Refused(`the update has ${size} bytes, at most ${UPDATE_BYTES_MAX}`);
    }
    const start = Buffer.alloc(Math.min(size, HEAD_BYTES_MAX));
    for (let at = 0; at < start.length; ) {
      const { bytesRead } = await file.read(start, at, start.length - at, at);
      if (bytesRead === 0) throw new Refused("the update ends while it is read");
      at += bytesRead;
    }
    const { manifestText, signature, headBytes } = linesOf(start);
    const signer = signerOf(signedBytes(manifestText), signature, keys);
    if (signer === null) {
      const todo = keys.length === 0 ? "; no key is trusted here" : "";
      throw new Refused(`the update is not signed by a trusted key${todo}`);
    }
    const manifest = parseManifest(manifestText);
    const bytes = size - headBytes;
    if (bytes !== manifest.payload.bytes) {
      throw new Refused(`the update is cut off or has more: ${bytes} of ${manifest.payload.bytes}`);
    }
    return { path, manifest, signer, text: start.toString("utf8", 0, headBytes) };
  } finally {
    await file.close();
  }
}

/** What is signed: the kind of file belongs to it. */
export function signedBytes(manifestText: string): Uint8Array {
  return Buffer.from(`${FIRST_LINE}${manifestText}`);
}

function linesOf(start: Buffer) {
  const signatureAt = FIRST_LINE.length;
  const manifestAt = signatureAt + SIGNATURE_CHARACTERS + 1;
  const isOurs = start.toString("latin1", 0, signatureAt) === FIRST_LINE;
  const hex = start.toString("latin1", signatureAt, manifestAt);
  const end = start.indexOf("\n", manifestAt);
  if (!isOurs || !/^[0-9a-f]+\n$/.test(hex) || end < 0) {
    throw new Refused("this is no update of Headgate, or its beginning is damaged");
  }
  const manifestText = start.toString("utf8", manifestAt, end);
  return { signature: Buffer.from(hex.trim(), "hex"), manifestText, headBytes: end + 1 };
}

/** Takes the files of an update, one after the other. */
export interface FileSink {
  begin(file: PackedFile): Promise<void>;
  write(piece: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** Unpacks piece by piece, and throws `Refused` at the first byte that is not what was signed. */
export async function unpack({ path, manifest, text }: UpdateHead, sink: FileSink): Promise<void> {
  const payload = createHash("sha256");
  const source = createReadStream(path, { start: Buffer.byteLength(text) });
  const splitter = new Splitter(manifest.files, sink);
  try {
    await pipeline(
      source,
      async function* hashed(pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          payload.update(piece);
          yield piece;
        }
      },
      createGunzip(),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) await splitter.take(piece);
        await splitter.end();
      },
    );
  } catch (cause) {
    if (!/^(Z_|ERR_.*ZLIB)/.test((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    throw new Refused("the update is damaged: what is packed cannot be unpacked", { cause });
  }
  if (payload.digest("hex") !== manifest.payload.sha256) {
    throw new Refused("the update is damaged: it is not what was signed");
  }
}

/** Cuts the bytes into the files that the manifest names, and proves each. */
class Splitter {
  readonly #files: readonly PackedFile[];
  readonly #sink: FileSink;
  #at = 0;
  #leftBytes = 0;
  #hash: ReturnType<typeof createHash> | null = null;

  constructor(files: readonly PackedFile[], sink: FileSink) {
    this.#files = files;
    this.#sink = sink;
  }

  async take(given: Buffer): Promise<void> {
    let piece = given;
    while (piece.length > 0) {
      if (this.#hash === null && !(await this.#begin())) {
        throw new Refused("the update has more than its manifest names");
      }
      const own = piece.subarray(0, this.#leftBytes);
      this.#hash?.update(own);
      this.#leftBytes -= own.length;
      if (own.length > 0) await this.#sink.write(own);
      piece = piece.subarray(own.length);
      await this.#endWhole();
    }
  }

  async end(): Promise<void> {
    // Files without a byte come at the end too.
    while (this.#hash === null && (await this.#begin())) await this.#endWhole();
    if (this.#hash !== null) throw new Refused("the update is cut off");
  }

  async #begin(): Promise<boolean> {
    const file = this.#files[this.#at];
    if (!file) return false;
    this.#hash = createHash("sha256");
    this.#leftBytes = file.bytes;
    await this.#sink.begin(file);
    return true;
  }

  async #endWhole(): Promise<void> {
    const file = this.#files[this.#at];
    if (this.#hash === null || this.#leftBytes > 0 || !file) return;
    if (this.#hash.digest("hex") !== file.sha256) {
      throw new Refused(`the update is damaged: "${file.path}" is not what was signed`);
    }
    this.#hash = null;
    this.#at++;
    await this.#sink.end();
  }
}

/** Proves every byte, and writes none. */
export async function proveUpdate(head: UpdateHead): Promise<void> {
  const nothing = async () => {};
  await unpack(head, { begin: nothing, write: nothing, end: nothing });
}
