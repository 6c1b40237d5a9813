import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Buffer,
  type Entry,
  extentOf,
  type Sample,
  type Stream,
  silentLog,
  systemClock,
} from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test } from "vitest";

const { signal } = new AbortController();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-buffer-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(folder = directory): Promise<Buffer> {
  const context = { clock: systemClock, log: silentLog, signal, directory: folder };
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const rest = { commitIntervalMs: 20, uplinkIds: ["cloud"], pointIds: [] };
  return openBuffer({ ...capacity, directory: folder, ...rest }, context);
}

const observed = (value: number): Sample => {
  return { pointId: "device/a", timestampMs: 1, quality: "good", value };
};

function epochOf(buffer: Buffer, stream: Stream = "main") {
  const epoch = buffer.status().epochs.find((one) => one.stream === stream && one.isCurrent);
  if (!epoch) throw new Error("no current epoch");
  return epoch;
}

function readAll(buffer: Buffer, stream: Stream = "main"): Promise<Entry[]> {
  const { epoch, headSeq } = epochOf(buffer, stream);
  const range = { stream, epoch, first: 1, last: headSeq };
  return buffer.read(range, { blocksMax: 10_000, bytesMax: 1e9 });
}

const picture = { name: "cam/a/1.jpg", contentType: "image/jpeg", bytes: Uint8Array.of(1, 2, 3) };

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1.5])(
  "a picture's time of %s keeps nothing from being stored",
  async (timestampMs) => {
    const buffer = await open();
    await Promise.all([buffer.append([observed(1)]), buffer.appendMedia(picture, timestampMs)]);
    expect(buffer.status().problems).toEqual([]);
    await buffer.close();
  },
);

test("setting aside what is not there keeps nothing from being stored", async () => {
  const buffer = await open();
  const range = { stream: "main", epoch: "of another life", first: 1, last: 9 } as const;
  await buffer.quarantine(range, "refused");
  await buffer.append([observed(1)]);
  expect(buffer.status().gaps).toEqual([]);
  await buffer.close();
});

test("a picture that cannot be removed makes no sample be stored twice", async () => {
  const buffer = await open();
  await buffer.appendMedia(picture, 1);
  const file = join(directory, "media", picture.name);
  await rm(file);
  await mkdir(file);
  const { stream, epoch, headSeq } = epochOf(buffer, "media");
  await buffer.acknowledge("cloud", [{ stream, epoch, first: 1, last: headSeq }]);
  for (let value = 0; value < 60; value++) await buffer.append([observed(value)]);
  const entries = await readAll(buffer);
  expect(entries.reduce((sum, entry) => sum + entry.sampleCount, 0)).toBe(60);
  expect(buffer.status().epochs).toHaveLength(2);
  await buffer.close();
});

test("a block whose bytes have changed on the disk becomes a gap, and is never sent", async () => {
  const first = await open();
  for (let value = 0; value < 3; value++) await first.append([observed(value)]);
  await first.close();
  const load = createRequire(join(import.meta.dirname, "../../packages/sync/src/buffer/x.ts"));
  const db = new (load("better-sqlite3"))(join(directory, "buffer.db"));
  db.exec(`update main_block set body = zeroblob(length(body)) where id =
    (select id from main_block where kind = 'data' order by id limit 1 offset 1)`);
  db.close();
  const second = await open();
  const entries = await readAll(second);
  const gap = entries.find(({ kind }) => kind === "gap");
  expect(gap).toMatchObject({ reason: "damaged", sampleCount: 1 });
  expect(entries.map((entry) => extentOf(entry).first)).toEqual([1, 2, 3, 4]);
  await second.close();
});
