import { createHash } from "node:crypto";
import { beforeAll, expect, test, vi } from "vitest";
import { type BackupKey, backupKeyOf, HEADER_BYTES, newBackupKey } from "./backup-key.ts";

/** Each key takes a part of a second of a whole core. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const WORDS = "korrekt pferd batterie";
let made: BackupKey;

beforeAll(async () => {
  made = await newBackupKey(WORDS);
});

const flipped = (at: number, bit = 1) => {
  const header = Buffer.from(made.header);
  header[at] = (header[at] ?? 0) ^ bit;
  return header;
};

test("the passphrase finds the key again, however it is written; no other does", async () => {
  expect((await backupKeyOf(made.header, WORDS)).key.equals(made.key)).toBe(true);
  for (const wrong of ["", `${WORDS} `]) {
    await expect(backupKeyOf(made.header, wrong)).rejects.toThrow("the passphrase is wrong");
  }
  const composed = await newBackupKey("Größe 12 Würde");
  const found = await backupKeyOf(composed.header, "Größe １２ Würde".normalize("NFD"));
  expect(found.key.equals(composed.key)).toBe(true);
  // Each backup has a salt of its own.
  expect(composed.header.subarray(24, 40).equals(made.header.subarray(24, 40))).toBe(false);
});

test.each([
  ["magic", 0, "no backup of Headgate"],
  ["magic's end", 15, "no backup of Headgate"],
  ["format", 16, "beginning of the backup is damaged"],
  ["kind of key", 17, "beginning of the backup is damaged"],
  ["log2 N", 18, "beginning of the backup is damaged"],
  ["r", 19, "beginning of the backup is damaged"],
  ["p", 20, "beginning of the backup is damaged"],
  ["bytes of a chunk", 21, "beginning of the backup is damaged"],
  ["first zero", 22, "beginning of the backup is damaged"],
  ["second zero", 23, "beginning of the backup is damaged"],
  ["salt", 24, "beginning of the backup is damaged"],
  ["salt's end", 39, "beginning of the backup is damaged"],
  ["sum", 40, "beginning of the backup is damaged"],
  ["sum's end", 47, "beginning of the backup is damaged"],
  ["proof", 48, "the passphrase is wrong"],
])("a flipped bit is found in its %s", async (_, at, text) => {
  await expect(backupKeyOf(flipped(at), WORDS)).rejects.toThrow(text);
});

test("a newer format says so, and half a header is none", async () => {
  await expect(backupKeyOf(flipped(16, 2), WORDS)).rejects.toThrow("newer than 1");
  for (const length of [0, 15, 16, HEADER_BYTES - 1]) {
    const half = made.header.subarray(0, length);
    await expect(backupKeyOf(half, WORDS)).rejects.toThrow("no backup of Headgate");
  }
});

test("a file cannot ask for more memory or time than a small box has", async () => {
  for (const [at, value] of [
    [18, 30],
    [18, 18],
    [18, 10],
    [19, 255],
    [20, 5],
    [20, 0],
    [21, 31],
  ] as const) {
    const header = Buffer.from(made.header);
    header[at] = value;
    const sum = createHash("sha256").update(header.subarray(0, 40)).digest();
    sum.copy(header, 40, 0, 8);
    await expect(backupKeyOf(header, WORDS)).rejects.toThrow("is damaged");
  }
});

test("a short passphrase is refused for a new backup", async () => {
  await expect(newBackupKey("elevenlette")).rejects.toThrow("12 to 200 characters");
  await expect(newBackupKey("x".repeat(201))).rejects.toThrow("12 to 200 characters");
});
