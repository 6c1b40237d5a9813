import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import {
  type BlockRange,
  type Buffer as HeadgateBuffer,
  Misconfigured,
  silentLog,
  systemClock,
} from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportAside, formatAside, listAside, retryAside } from "./quarantine.ts";

const { signal } = new AbortController();
const LIMITS = { blocksMax: 999, bytesMax: 1e9 };
let directory = "";
let buffer: HeadgateBuffer;
let epoch = "";

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "headgate-quarantine-"));
  buffer = await open();
  epoch = epochOf("main");
  for (let block = 0; block < 5; block++) {
    const sample = { pointId: "device/a", timestampMs: 1000 + block, value: block } as const;
    await buffer.append([{ ...sample, quality: "good" }]);
  }
});
afterEach(async () => {
  await buffer.close();
  rmSync(directory, { recursive: true });
});

function open(): Promise<HeadgateBuffer> {
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds: ["cloud"] };
  const context = { clock: systemClock, log: silentLog, signal, directory };
  return openBuffer({ ...options, pointIds: ["device/a"] }, context);
}

const epochOf = (wanted: string) =>
  buffer.status().epochs.find(({ stream }) => stream === wanted)?.epoch ?? "";
const main = (first: number, last = first): BlockRange => ({ stream: "main", epoch, first, last });
const told = async (range: BlockRange) =>
  (await buffer.read(range, LIMITS)).map((entry) =>
    entry.kind === "gap" ? `gap ${entry.first}-${entry.last} of ${entry.sampleCount}` : "block",
  );

async function exported(numbers?: readonly number[], out?: string): Promise<string> {
  const sink = new PassThrough();
  const choice = { folder: directory, numbers, out, format: "ndjson" } as const;
  const reading = text(sink);
  await exportAside(choice, { out: sink as unknown as NodeJS.WriteStream, signal });
  sink.end();
  return await reading;
}

test("what is set aside is listed while the gateway runs, and can be read", async () => {
  await buffer.quarantine(main(3), "payload format invalid");
  const [entry] = listAside(directory);
  expect(entry).toMatchObject({ stream: "main", first: 3, sampleCount: 1, isBare: false });
  expect(formatAside(listAside(directory))).toMatch(/block 3: data.*\n.*payload format invalid/);
  const line = JSON.parse(await exported()) as object;
  expect(line).toMatchObject({ point: "device/a", t: 1001, value: 1, epoch, block: 3 });
});

test("a block that is tried again has its own number, and is lacking upstream again", async () => {
  const [before] = await buffer.read(main(3), LIMITS);
  await buffer.quarantine(main(2, 4), "nobody takes it");
  await buffer.acknowledge("cloud", [main(1, 6)]);
  await buffer.close();
  const middle = listAside(directory).find(({ first }) => first === 3)?.no ?? 0;
  expect(await retryAside(directory, [middle], 0)).toBe(0);
  buffer = await open();
  expect(await buffer.read(main(3), LIMITS)).toEqual([before]);
  expect(buffer.status().cursors.get("cloud")).toContainEqual(main(1, 2));
  expect(buffer.status().cursors.get("cloud")).toContainEqual(main(4, 6));
  expect(listAside(directory).map(({ first }) => first)).toEqual([2, 4]);
});

test("a gap record that was not delivered yet is cut, to the sample", async () => {
  await buffer.quarantine(main(2, 4), "nobody takes it");
  expect(await told(main(1, 6))).toEqual(["block", "gap 2-4 of 3", "block", "block"]);
  const { totals: before } = buffer.status();
  await buffer.close();
  const middle = listAside(directory).find(({ first }) => first === 3)?.no ?? 0;
  await retryAside(directory, [middle], 0);
  buffer = await open();
  const now = ["block", "gap 2-2 of 2", "block", "gap 4-4 of 0", "block", "block"];
  expect(await told(main(1, 6))).toEqual(now);
  const { totals } = buffer.status();
  expect(totals).toMatchObject({
    takenCount: before.takenCount,
    storedCount: before.storedCount + 1,
    goneCount: before.goneCount - 1,
  });
});

test("a picture stays with its block, and can be taken out or sent again", async () => {
  const name = "cam/a/1.jpg";
  const bytes = Uint8Array.of(1, 2, 3);
  const seq = await buffer.appendMedia({ name, contentType: "image/jpeg", bytes }, 1);
  const range = { stream: "media", epoch: epochOf("media"), first: seq, last: seq } as const;
  const [before] = await buffer.read(range, LIMITS);
  await buffer.quarantine(range, "too large");
  await buffer.close();
  buffer = await open();
  expect(existsSync(join(directory, "media", name))).toBe(true);
  const out = join(directory, "out");
  await exported(undefined, out);
  expect(readFileSync(join(out, name))).toEqual(Buffer.from(bytes));
  await buffer.close();
  expect(await retryAside(directory, undefined, 0)).toBe(0);
  buffer = await open();
  expect(await buffer.read(range, LIMITS)).toEqual([before]);
});

test("nothing is put back while the gateway runs, nor what is not there", async () => {
  await buffer.quarantine(main(3), "nobody takes it");
  await expect(retryAside(directory, undefined, 0)).rejects.toThrow(/another gateway runs/);
  await expect(retryAside(directory, [99], 0)).rejects.toBeInstanceOf(Misconfigured);
  expect(() => listAside(join(directory, "none"))).toThrow(/no such file/);
});
