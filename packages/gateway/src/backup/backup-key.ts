import { createHash, hkdfSync, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Refused } from "@headgate/model";

// A backup begins with 64 bytes that are not secret:
//    0  magic, a line of text           16  format   17  kind of key: 1, scrypt
//   18  log2 N, r, p                    21  log2 of a chunk's bytes   22  two zeros
//   24  salt                            40  sum: of a damaged beginning, no wrong passphrase
//   48  proof of the passphrase, and of all before it
// Then come chunks: see seal.ts.

const MAGIC = Buffer.from("headgate-backup\n");
const FORMAT = 1;
const SCRYPT = 1;
/** 64 MiB while it runs, a part of a second: half again as much as OWASP asks for at least. */
const COST = { logN: 16, r: 8, p: 2 } as const;
/** What a file may ask of the machine that reads it: 128 MiB. */
const LOG_N_MAX = 17;
const P_MAX = 4;
const LOG_CHUNK = 16;
const SALT_BYTES = 16;
const SUM_AT = 40;
const PROOF_AT = 48;
const PROOF_BYTES = 16;

export const HEADER_BYTES = PROOF_AT + PROOF_BYTES;
export const CHUNK_BYTES = 2 ** LOG_CHUNK;
/** Longer than a password: who has the file may try as often as he likes. */
export const PASSPHRASE_CHARACTERS_MIN = 12;
export const PASSPHRASE_CHARACTERS_MAX = 200;

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** What one backup is sealed with; its header tells who knows the passphrase how to find it. */
export interface BackupKey {
  readonly header: Buffer;
  readonly key: Buffer;
}

/** A key for a backup that is to be written; each has its own. */
export async function newBackupKey(passphrase: string): Promise<BackupKey> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.set([FORMAT, SCRYPT, COST.logN, COST.r, COST.p, LOG_CHUNK], MAGIC.length);
  randomBytes(SALT_BYTES).copy(header, SUM_AT - SALT_BYTES);
  sumOf(header).copy(header, SUM_AT);
  const { key, proof } = await derive(checkedNew(passphrase), header);
  proof.copy(header, PROOF_AT);
  return { header, key };
}

/** The key of a backup that begins so; `Refused` tells a wrong file from a wrong passphrase. */
export async function backupKeyOf(header: Buffer, passphrase: string): Promise<BackupKey> {
  checkHeader(header);
  const { key, proof } = await derive(passphrase, header);
  if (!timingSafeEqual(proof, header.subarray(PROOF_AT, HEADER_BYTES))) {
    throw new Refused("the passphrase is wrong: nothing was read of the backup");
  }
  return { header, key };
}

/** Looks at all of a header that says something without the passphrase. */
export function checkHeader(header: Buffer): void {
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Refused("this is no backup of Headgate, or its beginning is damaged");
  }
  const [format = 0, kind, logN = 0, r, p = 0, logChunk, ...zeros] = header.subarray(16, 24);
  if (format > FORMAT) {
    throw new Refused(`the backup has format ${format}, newer than ${FORMAT}: use a newer version`);
  }
  const isPlain = format === FORMAT && kind === SCRYPT && zeros.every((byte) => byte === 0);
  const isFitting =
    logN >= COST.logN && logN <= LOG_N_MAX && r === COST.r && logChunk === LOG_CHUNK;
  const isBounded = p >= 1 && p <= P_MAX;
  const isWhole = sumOf(header).equals(header.subarray(SUM_AT, PROOF_AT));
  if (!isPlain || !isFitting || !isBounded || !isWhole) {
    throw new Refused("the beginning of the backup is damaged");
  }
}

function sumOf(header: Buffer): Buffer {
  const hash = createHash("sha256").update(header.subarray(0, SUM_AT)).digest();
  return hash.subarray(0, PROOF_AT - SUM_AT);
}

async function derive(
  passphrase: string,
  header: Buffer,
): Promise<{ readonly key: Buffer; readonly proof: Buffer }> {
  const [logN = 0, r = 0, p = 0] = header.subarray(18, 21);
  const salt = header.subarray(SUM_AT - SALT_BYTES, SUM_AT);
  const options = { N: 2 ** logN, r, p, maxmem: 2 * 128 * r * 2 ** logN };
  // Keyboards write one letter in more than one way.
  const words = passphrase.normalize("NFKC");
  const secret = await scryptAsync(words, salt, 32, options);
  const part = (what: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, header.subarray(0, PROOF_AT), what, bytes));
  return { key: part("headgate backup: chunks", 32), proof: part("headgate backup: proof", 16) };
}

function checkedNew(passphrase: string): string {
  const { length } = [...passphrase];
  if (length >= PASSPHRASE_CHARACTERS_MIN && length <= PASSPHRASE_CHARACTERS_MAX) return passphrase;
  throw new Refused(
    `a passphrase has ${PASSPHRASE_CHARACTERS_MIN} to ${PASSPHRASE_CHARACTERS_MAX} characters; ` +
      "a sentence is remembered best",
  );
}
