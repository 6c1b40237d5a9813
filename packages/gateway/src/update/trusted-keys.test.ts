import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTrustedKeys, signerOf } from "./trusted-keys.ts";

const vendor = generateKeyPairSync("ed25519");
const pemOf = (key: typeof vendor.publicKey) => key.export({ type: "spki", format: "pem" });

let folder = "";
const put = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-keys-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test("keys are files that end with .pem, by name; no folder is no key", async () => {
  expect(await readTrustedKeys(join(folder, "nowhere"))).toEqual([]);
  put("vendor.pem", pemOf(vendor.publicKey));
  put("another.pem", pemOf(generateKeyPairSync("ed25519").publicKey));
  put("notes.txt", "no key");
  mkdirSync(join(folder, "old"));
  const keys = await readTrustedKeys(folder);
  expect(keys.map(({ name }) => name)).toEqual(["another", "vendor"]);
  expect(signerOf(Buffer.from("x"), Buffer.alloc(64), keys)).toBeNull();
});

test("a private key is told to be on the wrong machine", async () => {
  put("vendor.pem", vendor.privateKey.export({ type: "pkcs8", format: "pem" }));
  await expect(readTrustedKeys(folder)).rejects.toThrow("it must never be on a gateway");
});

test.each([
  ["of another kind", pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)],
  ["for agreements", pemOf(generateKeyPairSync("x25519").publicKey)],
])("a key %s signs nothing", async (_what, pem) => {
  put("vendor.pem", pem);
  await expect(readTrustedKeys(folder)).rejects.toThrow("is no Ed25519 key");
});

test("what is no key, and more keys than anybody looks after, are told", async () => {
  put("vendor.pem", "-----BEGIN PUBLIC KEY-----\nnone\n-----END PUBLIC KEY-----\n");
  await expect(readTrustedKeys(folder)).rejects.toThrow("is no public key");
  for (let at = 0; at < 17; at++) put(`${at}.pem`, pemOf(vendor.publicKey));
  await expect(readTrustedKeys(folder)).rejects.toThrow("more than 16 keys");
});
