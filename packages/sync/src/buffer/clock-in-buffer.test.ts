import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Block,
  type Buffer,
  type Clock,
  type Sample,
  silentLog,
  systemClock,
} from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeClockBody } from "../block/clock-body.ts";
import { createMemoryBuffer } from "./memory-buffer.ts";
import { openBuffer } from "./open-buffer.ts";

const HOUR_MS = 3_600_000;
const { signal } = new AbortController();
const uplinkIds = ["cloud"];
let directory = "";
let wrongMs = 0;
let isSynced = false;

/** The machine's time, wrong by `wrongMs`. */
const clock: Clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs() + wrongMs,
  state: () => {
    const bootMs = systemClock.monotonicMs();
    return { bootId: "run", bootMs, isSynced, source: "test" };
  },
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-clock-"));
  wrongMs = -HOUR_MS;
  isSynced = false;
});
afterEach(() => rmSync(directory, { recursive: true }));

const own: Sample = { pointId: "d/own", timestampMs: 1, quality: "good", value: 1 };
const device: Sample = { ...own, pointId: "d/device", isDeviceTime: true };

const buffers: readonly [string, () => Promise<Buffer>][] = [
  ["memory", async () => createMemoryBuffer({ clock, uplinkIds })],
  [
    "sqlite",
    () => {
      const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
      const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds, pointIds: [] };
      return openBuffer(options, { clock, log: silentLog, signal, directory });
    },
  ],
];

/** All blocks of the current epoch but the one that begins it. */
async function blocksOf(buffer: Buffer): Promise<Block[]> {
  const epoch = buffer.status().epochs.find((one) => one.stream === "main" && one.isCurrent);
  if (!epoch) throw new Error("no current epoch");
  const range = { stream: "main", epoch: epoch.epoch, first: 2, last: epoch.headSeq } as const;
  return (await buffer.read(range, { blocksMax: 99, bytesMax: 1e9 })) as Block[];
}

describe.each(buffers)("the %s buffer", (_, open) => {
  it("says by which clock a block was dated, and by how much that was wrong", async () => {
    const buffer = await open();
    await buffer.append([own]);
    wrongMs = 0;
    isSynced = true;
    await buffer.append([own]);
    const blocks = await blocksOf(buffer);
    expect(blocks.map(({ kind, clock: by }) => [kind, by?.isSynced, by?.step])).toEqual([
      ["data", false, 0],
      ["clock", true, 1],
      ["data", true, 1],
    ]);
    const told = decodeClockBody(blocks[1]?.body ?? new Uint8Array());
    expect(told).toMatchObject({ step: 1, isSynced: true, bootId: blocks[0]?.clock?.bootId });
    expect(Math.abs(told.offsetMs - HOUR_MS)).toBeLessThan(1000);
    expect(buffer.status().clock).toMatchObject({ isSynced: true, stepCount: 1 });
    await buffer.close();
  });

  it("tells of a clock that was set before the first block was full", async () => {
    const buffer = await open();
    const first = buffer.append(Array.from({ length: 40_000 }, () => own));
    wrongMs = 0;
    isSynced = true;
    await Promise.all([first, buffer.append([own])]);
    const counts = new Map<string, number>();
    for (const block of await blocksOf(buffer)) {
      if (block.kind !== "data") counts.set(block.kind, block.clock?.step ?? 0);
      const by = String(block.clock?.isSynced);
      if (block.kind === "data") counts.set(by, (counts.get(by) ?? 0) + block.sampleCount);
    }
    expect(Object.fromEntries(counts)).toEqual({ false: 40_000, clock: 1, true: 1 });
    await buffer.close();
  });

  it("keeps what a device has dated apart while its own clock is unsure", async () => {
    const buffer = await open();
    await buffer.append([own, device, own, device]);
    isSynced = true;
    wrongMs = 0;
    await buffer.append([own, device]);
    const data = (await blocksOf(buffer)).filter(({ kind }) => kind === "data");
    expect(data.map(({ sampleCount, clock: by }) => [sampleCount, by?.isSynced])).toEqual([
      [2, false],
      [2, true],
      [2, true],
    ]);
    await buffer.close();
  });
});

it("a picture goes by the clock that dated it, whenever that is set", async () => {
  const [, [, open]] = buffers as [unknown, (typeof buffers)[number]];
  const buffer = await open();
  await buffer.append([own]);
  const picture = (name: string) => {
    const media = { name, contentType: "image/jpeg", bytes: new Uint8Array(9) };
    return buffer.appendMedia(media, clock.nowMs());
  };
  const before = picture("c/before.jpg");
  wrongMs = 0;
  isSynced = true;
  await Promise.all([before, picture("c/after.jpg")]);
  const epoch = buffer.status().epochs.find(({ stream }) => stream === "media")?.epoch ?? "";
  const range = { stream: "media", epoch, first: 2, last: 3 } as const;
  const blocks = (await buffer.read(range, { blocksMax: 9, bytesMax: 1e9 })) as Block[];
  const told = blocks.map(({ body, clock: by }) => [
    new TextDecoder().decode(body).includes("before"),
    by?.isSynced,
    by?.step,
  ]);
  expect(told.sort()).toEqual([
    [false, true, 1],
    [true, false, 0],
  ]);
  await buffer.close();
});

it("the clock's state survives a restart of the gateway", async () => {
  const [, [, open]] = buffers as [unknown, (typeof buffers)[number]];
  const first = await open();
  await first.append([own]);
  const [before] = await blocksOf(first);
  await first.close();
  wrongMs = 0;
  isSynced = true;
  const second = await open();
  await second.append([own]);
  const blocks = await blocksOf(second);
  expect(blocks.map(({ kind }) => kind)).toEqual(["data", "clock", "data"]);
  const told = decodeClockBody(blocks[1]?.body ?? new Uint8Array());
  expect(told).toMatchObject({ bootId: before?.clock?.bootId, step: 1, isSynced: true });
  await second.close();
});
