import { expect, test } from "vitest";
import { type Entry, type EntryHead, packEntries, unpackEntries } from "./entries.ts";
import { entryOfText } from "./kept-files.ts";

async function packed(entries: readonly Entry[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of packEntries(entries)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function unpacked(bytes: Buffer, size = 7): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let path = "";
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  await unpackEntries(pieces, {
    begin: async (head: EntryHead) => {
      path = head.path;
      files.set(path, "");
    },
    write: async (piece) => void files.set(path, `${files.get(path)}${piece.toString()}`),
    end: async () => {},
  });
  return files;
}

const FILES = { "manifest.json": "{}", "gateway.yaml": "", "data/secrets/gate": "a\nb" };
const entries = Object.entries(FILES).map(([path, text]) => entryOfText(path, text));

test("files come back as they were, in pieces of any size", async () => {
  const bytes = await packed(entries);
  for (const size of [1, 5, 1000]) {
    expect(Object.fromEntries(await unpacked(bytes, size))).toEqual(FILES);
  }
});

test("what is cut off anywhere, or goes on behind its end, is refused", async () => {
  const bytes = await packed(entries);
  for (let length = 0; length < bytes.length; length++) {
    await expect(unpacked(bytes.subarray(0, length))).rejects.toThrow("it ends too early");
  }
  const more = Buffer.concat([bytes, Buffer.from([0])]);
  await expect(unpacked(more)).rejects.toThrow("something stands behind its end");
});

test.each([
  "../gateway.yaml",
  "/etc/passwd",
  "data/../../x",
  "data/secrets/../web/local-token",
  "data/web/local-token",
  "data/web/claim-code",
  "data/web/sessions.json",
  "data/restoring/plan.json",
  "data/buffer.mark",
  "data/buffer.lock",
  "data/secrets/a/b",
  "data/secrets/",
  "data//secrets",
  "data/secrets/a\\b",
  "data/secrets/a\0b",
  "beside/../x",
  "elsewhere/a/b",
  "beside",
  "plan.json",
])("a file cannot be put where none belongs: %j", async (path) => {
  const bytes = await packed([entryOfText(path, "x")]);
  await expect(unpacked(bytes)).rejects.toThrow("has no place in a backup");
});

test("a file is there once, and a head is a short one that says path and bytes", async () => {
  const twice = await packed([entryOfText("gateway.yaml", "a"), entryOfText("gateway.yaml", "b")]);
  await expect(unpacked(twice)).rejects.toThrow("is there twice");
  const heads = ["{", "[]", '{"path":"gateway.yaml"}', '{"path":"gateway.yaml","bytes":-1}'];
  for (const head of [...heads, '{"path":"gateway.yaml","bytes":1e20}']) {
    const length = Buffer.from([0, 0, 0, head.length]);
    const bytes = Buffer.concat([length, Buffer.from(head)]);
    await expect(unpacked(bytes)).rejects.toThrow("a head is none");
  }
  await expect(unpacked(Buffer.from([0xff, 0xff, 0xff, 0xff]))).rejects.toThrow("too long");
});
