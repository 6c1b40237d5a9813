import { cp, mkdir, mkdtemp, open as openFile, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Block,
  type Buffer,
  type Entry,
  extentOf,
  type Log,
  Misconfigured,
  type Sample,
  type Stream,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { decodeEpochBody } from "@headgate/sync/block";
import { openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mountSmallDisk } from "./peers/small-disk.ts";

const { signal } = new AbortController();
let directory = "";
let errors: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-buffer-"));
  errors = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(folder = directory, uplinkIds = ["cloud"]): Promise<Buffer> {
  const log: Log = { ...silentLog, error: (message) => errors.push(message), child: () => log };
  const context = { clock: systemClock, log, signal, directory: folder };
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { ...capacity, directory: folder, commitIntervalMs: 20, uplinkIds, pointIds: [] };
  return openBuffer(options, context);
}

async function closed(buffer: Buffer, samples: readonly Sample[]): Promise<void> {
  await buffer.append(samples);
  await buffer.close();
}

function observed(value: number | string): Sample {
  return { pointId: "device/a", timestampMs: 1, quality: "good", value };
}

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

async function reasonOf(buffer: Buffer): Promise<string> {
  const [first] = await readAll(buffer);
  return decodeEpochBody((first as Block).body).reason;
}

test("a damaged file is set aside, and a new epoch says so", async () => {
  const first = await open();
  await closed(
    first,
    Array.from({ length: 2000 }, (_, index) => observed(Math.sin(index))),
  );
  const file = await openFile(join(directory, "buffer.db"), "r+");
  await file.write(new Uint8Array(8192).fill(0x5a), 0, 8192, 2048);
  await file.close();
  const second = await open();
  expect(await reasonOf(second)).toMatch(/^damaged file set aside as .*buffer\.db\.damaged-/);
  expect(errors.join()).toMatch(/set aside/);
  expect((await readdir(directory)).some((name) => name.includes(".damaged-"))).toBe(true);
  await closed(second, [observed(1)]);
});

test("a file damaged while it is in use is set aside, and what waits goes on", async () => {
  const buffer = await open();
  // More than the buffer and SQLite keep in memory.
  const samples = Array.from({ length: 100_000 }, (_, index) => observed(Math.sin(index)));
  for (let round = 0; round < 14; round++) await buffer.append(samples);
  const { epoch } = epochOf(buffer);
  const file = await openFile(join(directory, "buffer.db"), "r+");
  const wal = await openFile(join(directory, "buffer.db-wal"), "r+");
  for (const damaged of [file, wal]) {
    const { size } = await damaged.stat();
    await damaged.write(new Uint8Array(size).fill(0x5a), 0, size, 0);
    await damaged.close();
  }
  const range = { stream: "main", epoch, first: 1, last: 9 } as const;
  const reading = buffer.read(range, { blocksMax: 9, bytesMax: 1e9 });
  await expect(reading).rejects.toBeInstanceOf(Unreachable);
  await buffer.append([observed(1)]);
  expect(epochOf(buffer).epoch).not.toBe(epoch);
  expect(await reasonOf(buffer)).toBe("file set aside");
  expect(errors.join()).toMatch(/set aside/);
  await buffer.close();
});

test("a file that is no database is set aside", async () => {
  const file = await openFile(join(directory, "buffer.db"), "w");
  await file.write("this is no database, but it is long enough to be taken for one".repeat(99));
  await file.close();
  const buffer = await open();
  expect(await reasonOf(buffer)).toMatch(/^damaged file set aside/);
  await buffer.close();
});

test("a copied database begins a new epoch and still holds the old one", async () => {
  await closed(await open(), [observed(1)]);
  const copy = join(directory, "copy");
  await mkdir(copy);
  await cp(join(directory, "buffer.db"), join(copy, "buffer.db"));
  const buffer = await open(copy);
  expect(await reasonOf(buffer)).toMatch(/restored or cloned/);
  expect(buffer.status().epochs).toHaveLength(4);
  await buffer.close();
  const again = await open(copy);
  expect(again.status().epochs).toHaveLength(4);
  await again.close();
});

test("two gateways on one folder: the second is told so", async () => {
  const first = await open();
  await expect(open()).rejects.toThrow(/another gateway runs on it/);
  await expect(open()).rejects.toBeInstanceOf(Misconfigured);
  await closed(first, [observed(1)]);
  await (await open()).close();
});

test("a folder that cannot be made is Misconfigured and named", async () => {
  const file = await openFile(join(directory, "file"), "w");
  await file.close();
  const folder = join(directory, "file", "buffer");
  await expect(open(folder)).rejects.toThrow(folder);
  await expect(open(folder)).rejects.toBeInstanceOf(Misconfigured);
});

test("a picture without its block is removed at open; one that is gone becomes a gap", async () => {
  const first = await open();
  const media = { contentType: "image/jpeg", bytes: Uint8Array.of(1, 2, 3) };
  await first.appendMedia({ ...media, name: "cam/a/1.jpg" }, 1);
  await first.appendMedia({ ...media, name: "cam/a/2.jpg" }, 2);
  await first.close();
  const folder = join(directory, "media", "cam", "a");
  await rename(join(folder, "1.jpg"), join(folder, "orphan.jpg"));
  const second = await open();
  expect(await readdir(folder)).toEqual(["2.jpg"]);
  const entries = await readAll(second, "media");
  expect(entries.map((entry) => entry.kind)).toEqual(["epoch", "gap", "media"]);
  expect(second.status().gaps[0]?.reason).toBe("damaged");
  await second.close();
});

test("a picture's name cannot leave the folder", async () => {
  const buffer = await open();
  for (const name of ["../x.jpg", "/x.jpg", "a/../../x.jpg", ""]) {
    const media = { name, contentType: "image/jpeg", bytes: Uint8Array.of(1) };
    await expect(buffer.appendMedia(media, 1)).rejects.toThrow(/plain relative path/);
  }
  await buffer.close();
});

test("acknowledged pictures are deleted, and another uplink's data is kept for it", async () => {
  const buffer = await open(directory, ["cloud", "local"]);
  const media = { contentType: "image/jpeg", bytes: Uint8Array.of(1, 2, 3) };
  await buffer.appendMedia({ ...media, name: "cam/a/1.jpg" }, 1);
  const { stream, epoch, headSeq } = epochOf(buffer, "media");
  const all = [{ stream, epoch, first: 1, last: headSeq }];
  await buffer.acknowledge("cloud", all);
  await systemClock.sleep(1200, signal);
  expect(await readdir(join(directory, "media", "cam", "a"))).toEqual(["1.jpg"]);
  await buffer.acknowledge("local", all);
  await systemClock.sleep(1200, signal);
  expect(await readdir(join(directory, "media", "cam", "a"))).toEqual([]);
  await buffer.close();
});

test("an old epoch vanishes once all of it is acknowledged", async () => {
  const buffer = await open();
  const { stream, epoch, headSeq } = epochOf(buffer);
  await buffer.startEpoch("main", "test");
  await buffer.acknowledge("cloud", [{ stream, epoch, first: 1, last: headSeq }]);
  await systemClock.sleep(1200, signal);
  expect(buffer.status().epochs.map((one) => one.epoch)).not.toContain(epoch);
  expect(buffer.status().cursors.get("cloud") ?? []).toEqual([]);
  await buffer.close();
});

test("a disk that is full at the start does not keep the backlog from being sent", async () => {
  const disk = join(directory, "disk");
  await mkdir(disk);
  const unmount = mountSmallDisk(disk, "4m");
  try {
    await closed(await open(disk), [observed(1), observed(2)]);
    await fillUp(join(disk, "ballast"));
    const buffer = await open(disk);
    const entries = await readAll(buffer);
    expect(entries.reduce((sum, entry) => sum + entry.sampleCount, 0)).toBe(2);
    const { stream, epoch, headSeq } = epochOf(buffer);
    await buffer.acknowledge("cloud", [{ stream, epoch, first: 1, last: headSeq }]);
    await buffer.close();
    const again = await open(disk);
    expect(again.status().cursors.get("cloud")).toEqual([
      { stream, epoch, first: 1, last: headSeq },
    ]);
    await again.close();
  } finally {
    unmount();
  }
});

/** Takes every byte that the disk has left. */
async function fillUp(path: string): Promise<void> {
  const file = await openFile(path, "w");
  try {
    for (let bytes = 65_536; bytes >= 1; bytes = bytes >> 1) {
      const chunk = new Uint8Array(bytes);
      while ((await file.write(chunk).catch(noRoom)).bytesWritten === bytes);
    }
  } finally {
    await file.close();
  }
}

/** That the disk is full is what was wanted. */
function noRoom(error: NodeJS.ErrnoException): { bytesWritten: number } {
  if (error.code !== "ENOSPC") throw error;
  return { bytesWritten: 0 };
}

test("on a full disk samples wait in memory, and go on when there is room", async () => {
  const disk = join(directory, "disk");
  await mkdir(disk);
  const unmount = mountSmallDisk(disk, "3m");
  try {
    const buffer = await open(disk);
    const ballast = await openFile(join(disk, "ballast"), "w");
    await ballast.write(new Uint8Array(2_500_000));
    await ballast.close();
    const texts = Array.from({ length: 300 }, (_, index) => observed(textOf(index)));
    const appends = texts.map((sample) => buffer.append([sample]));
    await systemClock.sleep(500, signal);
    expect(buffer.status().problems.join()).toMatch(/^disk full since/);
    await rm(join(disk, "ballast"));
    await expect(Promise.all(appends)).resolves.toHaveLength(300);
    expect(buffer.status().problems).toEqual([]);
    expect(errors.filter((message) => message.startsWith("disk full"))).toHaveLength(1);
    const entries = await readAll(buffer);
    const count = entries.reduce((sum, entry) => sum + entry.sampleCount, 0);
    expect(count).toBe(300);
    expect(entries.every((entry, index) => extentOf(entry).first === index + 1)).toBe(true);
    await buffer.close();
  } finally {
    unmount();
  }
});

function textOf(seed: number): string {
  let state = seed + 1;
  let text = "";
  while (text.length < 8000) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text;
}
