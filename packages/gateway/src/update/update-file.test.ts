import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { packUpdate } from "./pack-update.ts";
import type { TrustedKey } from "./trusted-keys.ts";
import {
  FIRST_LINE,
  proveUpdate,
  readHead,
  signedBytes,
  UPDATE_BYTES_MAX,
  unpack,
} from "./update-file.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const keys: readonly TrustedKey[] = [
  { name: "other", key: other.publicKey },
  { name: "vendor", key: publicKey },
];
const about = { version: "1.2.0", node: "22.14", bufferSchema: 6, notes: { en: "new", zh: "新" } };
const contents = {
  "dist/main.js": "start()",
  "dist/empty": "",
  "node_modules/a/b.node": "\u0000x",
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-update-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

let count = 0;
const newPath = () => join(folder, `update-${count++}.hgu`);
const prove = async (path: string, trusted = keys) => {
  await proveUpdate(await readHead(path, trusted));
};

async function packed(): Promise<string> {
  const source = join(folder, `source-${count++}`);
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(join(source, path, ".."), { recursive: true });
    writeFileSync(join(source, path), text);
  }
  const out = newPath();
  await packUpdate(source, { about, key: privateKey, out });
  return out;
}

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const fileOf = (path: string, text: string) => {
  return { path, bytes: Buffer.byteLength(text), sha256: sha256(text) };
};

/** An update as a signer with no good in mind could make it. */
function forged(
  files: Manifest["files"],
  {
    body = "",
    key = privateKey,
    more = {},
  }: { body?: string; key?: KeyObject; more?: object } = {},
): string {
  const payload = gzipSync(body);
  const about = { bytes: payload.length, sha256: sha256(payload) };
  const manifest = { product: "headgate", version: "1.2.0", node: "22.14", bufferSchema: 6 };
  const notes = { en: "", zh: "" };
  const text = JSON.stringify({ ...manifest, notes, payload: about, files, ...more });
  const signature = sign(null, signedBytes(text), key).toString("hex");
  const path = newPath();
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(`${FIRST_LINE}${signature}\n${text}\n`), payload]),
  );
  return path;
}

test("what was packed is unpacked: the same files in the same order", async () => {
  const head = await readHead(await packed(), keys);
  expect(head).toMatchObject({ signer: "vendor", manifest: about });
  const seen: Record<string, string> = {};
  let name = "";
  await unpack(head, {
    begin: async ({ path }) => {
      name = path;
      seen[path] = "";
    },
    write: async (piece) => {
      seen[name] += piece.toString();
    },
    end: async () => {},
  });
  expect(seen).toEqual(contents);
});

test("a signature is right for its own key alone, and without a key nothing is", async () => {
  const path = await packed();
  await prove(path);
  await expect(prove(path, keys.slice(0, 1))).rejects.toThrow("not signed by a trusted key");
  await expect(prove(path, [])).rejects.toThrow("no key is trusted here");
});

test("one changed bit anywhere is found, and so is each byte less or more", async () => {
  const whole = readFileSync(await packed());
  const path = newPath();
  const taken: number[] = [];
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path, changed);
    await prove(path).then(
      () => taken.push(at),
      () => null, // As it should be.
    );
  }
  expect(taken).toEqual([]);
  for (let length = 0; length < whole.length; length += 7) {
    writeFileSync(path, whole.subarray(0, length));
    await expect(prove(path)).rejects.toThrow();
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
  await expect(prove(path)).rejects.toThrow("cut off or has more");
});

const MAIN = fileOf("dist/main.js", "x");
describe("even a signed one must not", () => {
  test.each([
    ["climb", ["../x", "dist/../../x", "a/..", "..", "./x", "dist//x", "dist/"], "no path below"],
    ["begin anywhere", ["/etc/passwd", "C:/x", "\\\\host\\x", "a\\..\\b"], "no path below"],
    ["hide things", ["a\u0000b", "a b", "a\nb", "“x”", ""], "no path below"],
    ["name one file twice", ["dist/main.js", "Dist/MAIN.js"], "twice"],
    ["name a file and a folder alike", ["dist", "dist/main.js/x"], "a file and as a folder"],
  ])("%s", async (_what, paths, said) => {
    for (const path of paths) {
      const bad = forged([MAIN, fileOf(path, "y")], { body: "xy" });
      await expect(prove(bad)).rejects.toThrow(said);
    }
  });

  test.each([
    ["take the whole disk", [{ ...MAIN, bytes: 2 ** 40 }], {}, "files.0.bytes"],
    ["do so in parts", [MAIN, ...many(3, 2 ** 28)], {}, "bytes of the disk"],
    ["have files without end", many(6_000, 1), {}, "files"],
    ["lack what is started", [fileOf("dist/other.js", "x")], {}, "has no dist/main.js"],
    ["be for another product", [MAIN], { product: "other" }, "product"],
    ["have a version that is none", [MAIN], { version: "1.2" }, "version"],
    ["hide its version's place", [MAIN], { version: "../1.2.0" }, "version"],
  ])("%s", async (_what, files, more, said) => {
    await expect(prove(forged(files, { body: "x", more }))).rejects.toThrow(said);
  });

  test("hold more or less than it names", async () => {
    await expect(prove(forged([MAIN], { body: "xx" }))).rejects.toThrow("more than its manifest");
    await expect(prove(forged([MAIN], { body: "" }))).rejects.toThrow("cut off");
    await expect(prove(forged([MAIN], { body: "y" }))).rejects.toThrow("is not what was signed");
  });

  test("be signed by somebody else", async () => {
    const stranger = generateKeyPairSync("ed25519").privateKey;
    await expect(prove(forged([MAIN], { body: "x", key: stranger }))).rejects.toThrow("trusted");
    await prove(forged([MAIN], { body: "x" }));
  });

  test("be what was signed for another purpose: the kind of file is signed, too", async () => {
    const good = readFileSync(forged([MAIN], { body: "x" }));
    const [, signature = "", text = ""] = good.toString("latin1").split("\n");
    const bare = sign(null, Buffer.from(text), privateKey).toString("hex");
    const path = newPath();
    writeFileSync(path, Buffer.from(good.toString("latin1").replace(signature, bare), "latin1"));
    await expect(prove(path)).rejects.toThrow("not signed by a trusted key");
  });
});

test("a file that is too large is not looked into", async () => {
  const path = forged([MAIN], { body: "x" });
  // Without a byte of it on the disk.
  truncateSync(path, UPDATE_BYTES_MAX + 1);
  await expect(prove(path)).rejects.toThrow(`at most ${UPDATE_BYTES_MAX}`);
});

function many(count: number, bytes: number): Manifest["files"] {
  return Array.from({ length: count }, (_, index) => {
    return { path: `file-${index}`, bytes, sha256: sha256("") };
  });
}

test("a folder with a link in it is not packed", async () => {
  const source = join(folder, "linked");
  mkdirSync(join(source, "dist"), { recursive: true });
  writeFileSync(join(source, "dist", "main.js"), "x");
  symlinkSync("/etc/passwd", join(source, "dist", "passwd"));
  const out = newPath();
  await expect(packUpdate(source, { about, key: privateKey, out })).rejects.toThrow("no links");
});
