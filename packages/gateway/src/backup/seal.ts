import { createCipheriv, createDecipheriv } from "node:crypto";
import { Refused } from "@headgate/model";
import { CHUNK_BYTES } from "./backup-key.ts";

// Each chunk is AES-256-GCM by itself: 64 KiB, the last one from 1 byte on, and a tag of 16. Its
// nonce is its number and whether it is the last, so that none can be left out, changed over,
// doubled or put behind the end. A key seals one file only: no nonce is ever used twice with it.

const CIPHER = "aes-256-gcm";
export const TAG_BYTES = 16;
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;
const CHUNKS_MAX = 2 ** 32;

/** Bytes as they come, sealed chunk by chunk. */
export async function* seal(
  pieces: AsyncIterable<Uint8Array>,
  key: Buffer,
): AsyncGenerator<Buffer> {
  const filled = new Filled(CHUNK_BYTES);
  let number = 0;
  for await (const piece of pieces) {
    for (const chunk of filled.take(piece)) yield sealed(chunk, key, nonceOf(number++, false));
  }
  yield sealed(filled.rest(), key, nonceOf(number, true));
}

/** What was sealed, proved chunk by chunk; `Refused` at the first that is not what it was. */
export async function* unseal(
  pieces: AsyncIterable<Uint8Array>,
  key: Buffer,
): AsyncGenerator<Buffer> {
  const filled = new Filled(SEALED_BYTES);
  let number = 0;
  for await (const piece of pieces) {
    for (const chunk of filled.take(piece))
      yield opened(chunk, key, { number: number++, isLast: false });
  }
  yield opened(filled.rest(), key, { number, isLast: true });
}

/** Gathers pieces of any size into full ones; the last full one may be the end, and waits. */
class Filled {
  readonly #size: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  *take(given: Uint8Array): Generator<Buffer> {
    let piece = given;
    while (piece.length > 0) {
      if (this.#bytes === this.#size) yield this.rest();
      const part = piece.subarray(0, this.#size - this.#bytes);
      this.#parts.push(part);
      this.#bytes += part.length;
      piece = piece.subarray(part.length);
    }
  }

  rest(): Buffer {
    const bytes = Buffer.concat(this.#parts);
    [this.#parts, this.#bytes] = [[], 0];
    return bytes;
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  if (number >= CHUNKS_MAX) throw new Refused("the backup is too large");
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function sealed(chunk: Buffer, key: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
}

function opened(
  chunk: Buffer,
  key: Buffer,
  { number, isLast }: { readonly number: number; readonly isLast: boolean },
): Buffer {
  const at = chunk.length - TAG_BYTES;
  // A last chunk of nothing is what a cut leaves, unless there is nothing else.
  if (at < 0 || (at === 0 && number > 0)) throw damaged(number);
  const decipher = createDecipheriv(CIPHER, key, nonceOf(number, isLast), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(chunk.subarray(at));
  try {
    return Buffer.concat([decipher.update(chunk.subarray(0, at)), decipher.final()]);
  } catch {
    throw damaged(number);
  }
}

function damaged(number: number): Refused {
  return new Refused(
    `the backup is damaged or cut off in its chunk ${number + 1}; nothing was put back`,
  );
}
