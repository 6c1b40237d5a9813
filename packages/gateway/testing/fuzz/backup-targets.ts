import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type FuzzRun,
  type FuzzTarget,
  inPieces,
  pick,
  type Random,
  randomBytes,
  target,
  vary,
  varyText,
} from "@headgate/drivers/testing";
import { Refused } from "@headgate/model";
import { CHUNK_BYTES, checkHeader, HEADER_BYTES } from "../../src/backup/backup-key.ts";
import { unpackEntries } from "../../src/backup/entries.ts";
import { parseManifest } from "../../src/backup/manifest.ts";
import { seal, unseal } from "../../src/backup/seal.ts";

/** A file that somebody calls a backup: its beginning, its chunks, what was sealed in them. */
export const BACKUP_TARGETS: readonly FuzzTarget[] = [
  target("backup header", beginHeader),
  target("backup chunks", beginChunks, { share: 0.02 }),
  target("backup files", beginFiles, { share: 0.1 }),
];

async function judge(read: () => unknown): Promise<"answer" | "refusal"> {
  try {
    await read();
    return "answer";
  } catch (error) {
    if (error instanceof Refused) return "refusal";
    throw error;
  }
}

/** As a new one begins, or with another byte where its sum is right. */
function header(random: Random): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write("headgate-backup\n");
  bytes.set([1, 1, 16, 8, 2, 16], 16);
  randomBytes(random, 16).copy(bytes, 24);
  if (random(4) === 0) bytes[16 + random(8)] = random(256);
  createHash("sha256").update(bytes.subarray(0, 40)).digest().copy(bytes, 40, 0, 8);
  return bytes;
}

function beginHeader(random: Random): FuzzRun<Buffer> {
  return {
    make: () => vary(random, header),
    take: (bytes) =>
      judge(() => {
        checkHeader(bytes);
        // What would be asked of the machine.
        if ((bytes[18] ?? 0) > 17 || (bytes[20] ?? 0) > 4) throw new Error("it costs too much");
      }),
  };
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function beginChunks(random: Random): FuzzRun<Buffer> {
  const key = randomBytes(random, 32);
  return {
    make: () => randomBytes(random, pick(random, [0, 1, 300, CHUNK_BYTES, CHUNK_BYTES + 40])),
    async take(plain) {
      const sealed = await gathered(seal(streamed([plain]), key));
      const given = vary(random, () => sealed);
      const opened: Buffer[] = [];
      const verdict = await judge(async () => {
        const pieces = given.length > 2000 ? [given] : inPieces(given, random);
        opened.push(await gathered(unseal(streamed(pieces), key)));
      });
      if (verdict === "answer" && !given.equals(sealed)) return "wrong";
      if (verdict === "answer" && !opened[0]?.equals(plain))
        throw new Error("it is not what it was");
      return verdict;
    },
  };
}

async function* streamed(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const MANIFEST = {
  gateway: { id: "a", name: "甲" },
  ...{ madeMs: 1, version: "1.0.0", bufferSchema: 6 },
  ...{ elsewhere: [{ name: "1-a.pem", path: "/etc/a.pem" }], variables: ["A"] },
};
const FILES = ["manifest.json", "gateway.yaml", "data/secrets/gate", "data/buffer.db"];
const MORE = ["beside/pki/ca.pem", "elsewhere/1-a.pem", "data/channels/a/pki/own/key.pem"];
const WORDS = ["../", "/", "\\u0000", "data/", "beside/", "..", '"bytes":1e9', "null", "{", "\\\\"];

function file(random: Random, path: string): Buffer {
  const content = Buffer.from(
    path === "manifest.json"
      ? varyText(random, { valid: [JSON.stringify(MANIFEST)], words: WORDS })
      : "x".repeat(random(40)),
  );
  const plain = JSON.stringify({ path, bytes: content.length });
  const isVaried = random(12) === 0;
  const head = Buffer.from(isVaried ? varyText(random, { valid: [plain], words: WORDS }) : plain);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, content]);
}

function files(random: Random): Buffer {
  const paths = [...FILES, ...MORE].filter((path) => path === FILES[0] || random(3) > 0);
  return Buffer.concat([...paths.map((path) => file(random, path)), Buffer.alloc(4)]);
}

function beginFiles(random: Random): FuzzRun<Buffer> {
  return {
    make: () => vary(random, files),
    take: (bytes) =>
      judge(async () => {
        let [path, text] = ["", ""];
        await unpackEntries(inPieces(bytes, random), {
          begin: async (head) => {
            [path, text] = [head.path, ""];
            if (!join("/box", path).startsWith("/box/")) throw new Error(`it leads to ${path}`);
          },
          write: async (piece) => {
            text += piece.toString("utf8");
          },
          end: async () => {
            if (path === "manifest.json") parseManifest(text);
          },
        });
      }),
  };
}
