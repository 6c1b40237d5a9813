import crypto, { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Turns } from "../turns.ts";

// What OWASP asks for at least; 20 MB and some 50 ms on a small box.
const ARGON = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
// For a Node that has no argon2 (before 24.7).
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const SALT_BYTES = 16;
/** Each takes 20 MB while it runs: one after the other, and no more than so many wait. */
const WAITING_MAX = 8;

export const PASSWORD_CHARACTERS_MIN = 10;
export const PASSWORD_CHARACTERS_MAX = 200;

const scryptAsync = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);
const line = new Turns();
let waitingCount = 0;

/** Too many passwords are being looked at: come again. */
export class TooBusy extends Error {
  override name = "TooBusy";
}

/** A password as it is kept: never itself. In the PHC form, with its parameters. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  if (!hasArgon()) {
    const hash = await inTurn(() => scryptAsync(password, salt, 32, SCRYPT));
    return `$scrypt$ln=15,r=8,p=1$${plain(salt)}$${plain(hash)}`;
  }
  const hash = await inTurn(() => argon(password, salt));
  return `$argon2id$v=19$m=${ARGON.memory},t=2,p=1$${plain(salt)}$${plain(hash)}`;
}

/** Whether this is the password, in a time that does not tell how wrong it is. */
export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [, kind, ...parts] = kept.split("$");
  const [salt, hash] = parts.slice(-2).map((part) => Buffer.from(part, "base64"));
  if (!salt || !hash) return false;
  const isArgon = kind === "argon2id" && hasArgon();
  if (!isArgon && kind !== "scrypt") return false;
  const found = await inTurn(() =>
    isArgon ? argon(password, salt) : scryptAsync(password, salt, 32, SCRYPT),
  );
  return found.length === hash.length && timingSafeEqual(found, hash);
}

/** For a name that nobody has: takes as long as a real one. */
export const NOBODYS_HASH = [
  "",
  ...(hasArgon() ? ["argon2id", "v=19", "m=19456,t=2,p=1"] : ["scrypt", "ln=15,r=8,p=1"]),
  plain(Buffer.alloc(SALT_BYTES)),
  plain(Buffer.alloc(32)),
].join("$");

function hasArgon(): boolean {
  return typeof crypto.argon2 === "function";
}

function argon(message: string, nonce: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    crypto.argon2("argon2id", { message, nonce, ...ARGON }, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waitingCount >= WAITING_MAX) throw new TooBusy("too many logins at once; try again");
  waitingCount++;
  return await line.take(work).finally(() => {
    waitingCount--;
  });
}

/** Base64 as the PHC form has it. */
function plain(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
