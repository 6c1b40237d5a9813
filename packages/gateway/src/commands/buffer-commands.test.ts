import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Buffer as HeadgateBuffer,
  Misconfigured,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { checkBuffer, openBuffer } from "@headgate/sync/buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatCheck } from "./buffer-check.ts";
import { salvageFile } from "./buffer-salvage.ts";

const { signal } = new AbortController();
const BLOCKS = 30;
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(): Promise<HeadgateBuffer> {
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds: ["cloud"] };
  const context = { clock: systemClock, log: silentLog, signal, directory };
  return openBuffer({ ...options, pointIds: ["device/a"] }, context);
}

async function fill(buffer: HeadgateBuffer): Promise<void> {
  const name = "cam/a/1.jpg";
  await buffer.appendMedia({ name, contentType: "image/jpeg", bytes: Uint8Array.of(1, 2) }, 1);
  for (let block = 0; block < BLOCKS; block++) {
    const samples = Array.from({ length: 300 }, (_, index) => {
      const value = Math.sin(1000 * block + index);
      return { pointId: "device/a", timestampMs: 1, quality: "good", value } as const;
    });
    await buffer.append(samples);
  }
}

const path = () => join(directory, "buffer.db");
const check = () => checkBuffer(path(), () => {});

/** Foreign bytes, in the middle of the file or where the list of epochs is. */
function damage(from = statSync(path()).size / 2): void {
  const bytes = readFileSync(path());
  bytes.subarray(from, from + 5000).fill(0x5a);
  writeFileSync(path(), bytes);
}

function currentOf(buffer: HeadgateBuffer) {
  const found = buffer
    .status()
    .epochs.find(({ stream, isCurrent }) => stream === "main" && isCurrent);
  if (!found) throw new Error("no current epoch");
  return found;
}

test("a buffer is checked while it is in use", async () => {
  const buffer = await open();
  await fill(buffer);
  const { epoch, headSeq } = currentOf(buffer);
  await buffer.acknowledge("cloud", [{ stream: "main", epoch, first: 1, last: 10 }]);
  const found = check();
  expect(found).toMatchObject({ isSound: true, problems: [] });
  const main = found.epochs.find(({ stream }) => stream === "main");
  expect(main).toMatchObject({ next: headSeq + 1, samples: 300 * BLOCKS, missingCount: 0 });
  expect(formatCheck(found)).toMatch(/9000 samples, 0 gap records\n.*buffer.db is sound\n$/s);
  await buffer.append([{ pointId: "device/a", timestampMs: 1, quality: "good", value: 1 }]);
  await buffer.close();
});

test("a damaged file is told from a sound one, and from one that cannot be opened", async () => {
  const buffer = await open();
  await fill(buffer);
  await buffer.close();
  expect(check().isSound).toBe(true);
  damage();
  const found = check();
  expect(found.isSound).toBe(false);
  expect(formatCheck(found)).toMatch(/is damaged: .*salvage/);
  expect(() => checkBuffer(join(directory, "none.db"), () => {})).toThrow(Unreachable);
});

test("what a set-aside file still holds is given back under its own names", async () => {
  const first = await open();
  await fill(first);
  const { epoch, headSeq } = currentOf(first);
  await first.close();
  damage();
  damage(2048);
  const second = await open();
  expect(currentOf(second).epoch).not.toBe(epoch);
  await second.close();
  // Once more: the pictures of a file set aside are kept beside it.
  await (await open()).close();
  const aside = readdirSync(directory).find((name) => name.includes("damaged-")) ?? "";
  const choice = { out: join(directory, "out"), into: directory, format: "csv" } as const;
  expect(await salvageFile(join(directory, aside), choice, signal)).toBeLessThanOrEqual(1);
  expect(readFileSync(join(directory, "out", "media", "cam", "a", "1.jpg"))).toHaveLength(2);
  const lines = readFileSync(join(directory, "out", "samples.csv"), "utf8")
    .trim()
    .split("\n");
  const third = await open();
  const range = { stream: "main", epoch, first: 1, last: headSeq } as const;
  const entries = await third.read(range, { blocksMax: 999, bytesMax: 1e9 });
  const samples = entries.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  expect(samples).toBe(lines.length - 1);
  expect(samples).toBeGreaterThan(0);
  expect(entries.some(({ kind }) => kind === "gap")).toBe(true);
  const numbers = entries.flatMap((entry) =>
    "seq" in entry ? [entry.seq] : Array.from({ length: entry.last - entry.first + 1 }, () => 0),
  );
  expect(numbers).toHaveLength(headSeq);
  await third.close();
});

test("a file that is no buffer is not salvaged, and its folder is left alone", async () => {
  const file = join(directory, "g.yaml");
  writeFileSync(file, "gateway: { id: g-1 }\n".repeat(200));
  const into = join(directory, "data");
  const choice = { out: undefined, into, format: "csv" } as const;
  const fault = await salvageFile(file, choice, signal).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Misconfigured);
  expect(String(fault)).toContain(`salvage "${file}": nothing in it is of a buffer`);
  expect(readdirSync(directory)).not.toContain("data");
});
