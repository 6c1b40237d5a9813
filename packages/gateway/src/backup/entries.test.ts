import { expect, test } from "vitest";
import { type Entry, type EntryHead, packEntries, unpackEntries } from "./entries.ts";
import { entryOfText } from "./kept-files.ts";

async function packed(entries: readonly Entry[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of packEntries(entries)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** As they come from whoever keeps to no rule. */
function packedBy(...entries: readonly (readonly [path: string, text: string])[]): Buffer {
  const parts = entries.map(([path, text]) => {
    const bytes = Buffer.from(text);
    const head = Buffer.from(JSON.stringify({ path, bytes: bytes.length }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    return Buffer.concat([length, head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.alloc(4)]);
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
  "data/media/../../gateway.yaml",
  "data/channels/../../../x",
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
  "beside/.ssh/authorized_keys.pem",
  "beside/node_modules/a.key",
  "beside/profiles/start.sh",
  "plan.json",
])("a file can neither be put where none belongs, nor be taken from there: %j", async (path) => {
  await expect(unpacked(packedBy([path, "x"]))).rejects.toThrow("has no place in a backup");
  await expect(packed([entryOfText(path, "x")])).rejects.toThrow("has no place in a backup");
});

test("a name that no head holds is refused where it is written", async () => {
  const long = `beside/${"奶".repeat(1000)}.pem`;
  await expect(packed([entryOfText(long, "x")])).rejects.toThrow("has no place in a backup");
});

test.each(["profiles/own.YAML", "pki/plc.pem", "pki.d/plc.key"])("beside: %s", async (path) => {
  const bytes = await packed([entryOfText(`beside/${path}`, "x")]);
  expect([...(await unpacked(bytes)).keys()]).toEqual([`beside/${path}`]);
});

/** One name in two ways to write it. */
const NORMAL = ["beside/\u00e9.pem", "beside/e\u0301.pem"] as const;

test("a file is there once, and a head is a short one that says path and bytes", async () => {
  for (const [one, other] of [["gateway.yaml", "gateway.yaml"] as const, NORMAL]) {
    await expect(unpacked(packedBy([one, "a"], [other, "b"]))).rejects.toThrow("is there twice");
    const twice = [entryOfText(one, "a"), entryOfText(other, "b")];
    await expect(packed(twice)).rejects.toThrow("is there twice");
  }
  const heads = ["{", "[]", '{"path":"gateway.yaml"}', '{"path":"gateway.yaml","bytes":-1}'];
  for (const head of [...heads, '{"path":"gateway.yaml","bytes":1e20}']) {
    const length = Buffer.from([0, 0, 0, head.length]);
    const bytes = Buffer.concat([length, Buffer.from(head)]);
    await expect(unpacked(bytes)).rejects.toThrow("a head is none");
  }
  await expect(unpacked(Buffer.from([0xff, 0xff, 0xff, 0xff]))).rejects.toThrow("too long");
});
