import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";

const KEYS_MAX = 16;

/** Who may sign updates: the name of the key's file, and the key. */
export interface TrustedKey {
  readonly name: string;
  readonly key: KeyObject;
}

/** Every key in a folder; without one no update is taken. */
export async function readTrustedKeys(folder: string): Promise<readonly TrustedKey[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".pem")).toSorted();
  if (files.length > KEYS_MAX) throw new Misconfigured(`more than ${KEYS_MAX} keys in "${folder}"`);
  return await Promise.all(
    files.map(async (name) => ({
      name: name.slice(0, -".pem".length),
      key: publicKeyOf(await readFile(join(folder, name), "utf8"), join(folder, name)),
    })),
  );
}

/** Ed25519 and nothing else. */
export function publicKeyOf(pem: string, path: string): KeyObject {
  const todo = "make one with `headgate update key`";
  if (pem.includes("PRIVATE KEY")) {
    throw new Misconfigured(`"${path}" is a private key: it must never be on a gateway`);
  }
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new Misconfigured(`"${path}" is no public key; ${todo}`, { cause });
  }
  throw new Misconfigured(`"${path}" is no Ed25519 key; ${todo}`);
}

/** The name of the key that signed these bytes; null where none of them did. */
export function signerOf(
  signed: Uint8Array,
  signature: Uint8Array,
  keys: readonly TrustedKey[],
): string | null {
  return keys.find(({ key }) => verify(null, signed, key, signature))?.name ?? null;
}
