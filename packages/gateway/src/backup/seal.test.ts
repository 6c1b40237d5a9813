import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { CHUNK_BYTES } from "./backup-key.ts";
import { seal, TAG_BYTES, unseal } from "./seal.ts";

const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;
const key = randomBytes(32);

/** In pieces that fall anywhere. */
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gathered(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

const sealed = (bytes: Uint8Array, size = 10_007) => gathered(seal(inPieces(bytes, size), key));
const opened = (bytes: Uint8Array, size = 10_007) => gathered(unseal(inPieces(bytes, size), key));
const refused = async (bytes: Uint8Array) =>
  await expect(opened(bytes)).rejects.toThrow("the backup is damaged or cut off in its chunk");

test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])(
  "%i bytes come back as they were, in pieces of any size",
  async (length) => {
    const bytes = randomBytes(length);
    const whole = await sealed(bytes);
    expect(whole.length).toBe(length + TAG_BYTES * Math.max(1, Math.ceil(length / CHUNK_BYTES)));
    for (const size of [977, CHUNK_BYTES, SEALED_BYTES, 1_000_000]) {
      expect((await opened(whole, size)).equals(bytes)).toBe(true);
      expect((await sealed(bytes, size)).equals(whole)).toBe(true);
    }
  },
);

test("a flipped bit is found in each chunk: at its beginning, at its end, in its tag", async () => {
  const whole = await sealed(randomBytes(3 * CHUNK_BYTES + 100));
  const places = [0, 1, 2].flatMap((chunk) => {
    const from = chunk * SEALED_BYTES;
    return [from, from + 77, from + CHUNK_BYTES - 1, from + CHUNK_BYTES, from + SEALED_BYTES - 1];
  });
  for (const at of [...places, 3 * SEALED_BYTES, whole.length - 1]) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 4;
    await refused(damaged);
  }
});

test("a file that is cut off is found, at each edge of a chunk and beside it", async () => {
  for (const length of [3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 100]) {
    const whole = await sealed(randomBytes(length));
    for (const edge of [0, 1, 2, 3].map((chunk) => chunk * SEALED_BYTES)) {
      for (const end of [edge - 1, edge, edge + 1, edge + TAG_BYTES, edge + TAG_BYTES + 1]) {
        if (end >= 0 && end < whole.length) await refused(whole.subarray(0, end));
      }
    }
    await refused(whole.subarray(0, -1));
  }
});

test("chunks that were left out, changed over, doubled or added are found", async () => {
  const whole = await sealed(randomBytes(4 * CHUNK_BYTES));
  const chunk = (index: number) => whole.subarray(index * SEALED_BYTES, (index + 1) * SEALED_BYTES);
  const [a, b, c, d] = [chunk(0), chunk(1), chunk(2), chunk(3)];
  expect((await opened(Buffer.concat([a, b, c, d]))).length).toBe(4 * CHUNK_BYTES);
  const empty = await sealed(Buffer.alloc(0));
  const orders = [
    [b, a, c, d],
    [a, c, b, d],
    [a, b, d],
    [a, b, b, c, d],
    [a, b, c, d, d],
    [a, b, c, d, a],
    [a, b, c, d, empty],
    [d],
    [d, a, b, c],
    [a, b, c, d, Buffer.from([0])],
  ];
  for (const order of orders) await refused(Buffer.concat(order));
});

test("a chunk of another backup is found", async () => {
  const bytes = randomBytes(3 * CHUNK_BYTES);
  const [one, other] = [
    await sealed(bytes),
    await gathered(seal(inPieces(bytes, 999), randomBytes(32))),
  ];
  const mixed = Buffer.concat([one.subarray(0, SEALED_BYTES), other.subarray(SEALED_BYTES)]);
  await refused(mixed);
  await refused(other);
});
