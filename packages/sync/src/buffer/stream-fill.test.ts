import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openBuffer } from "./open-buffer.ts";

let directory = "";
const warnings: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-fill-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const { signal } = new AbortController();
const open = () => {
  const capacity = { capacityBytesMax: 2 ** 24, mediaCapacityBytesMax: 2 ** 24 };
  const options = { directory, ...capacity, eventsCapacityBytesMax: 20_000, commitIntervalMs: 1 };
  const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
  const context = { clock: systemClock, log, signal, directory };
  return openBuffer({ ...options, uplinkIds: ["cloud"], pointIds: ["d/a"] }, context);
};
const eventsOf = (buffer: Buffer) =>
  buffer.status().fills?.find(({ stream }) => stream === "events");

test("a full stream says so by itself, and after a restart what it dropped", async () => {
  const first = await open();
  for (let block = 0; block < 20; block++) {
    const samples = Array.from({ length: 300 }, (_, index) => {
      const value = Math.sin(1000 * block + index);
      return { pointId: "d/a", timestampMs: 1, quality: "good", value } as const;
    });
    await first.append(samples, "events");
  }
  const full = eventsOf(first);
  const { goneCount } = first.status().totals;
  expect(goneCount).toBeGreaterThan(0);
  expect(full).toMatchObject({ capacityBytesMax: 20_000, goneCounts: { capacity: goneCount } });
  expect(full?.usedBytes).toBeGreaterThan(15_000);
  const main = first.status().fills?.find(({ stream }) => stream === "main");
  expect(main).toMatchObject({ thinnedCount: 0, goneCounts: {} });
  expect(warnings).toEqual([
    'buffer: "events" is full (buffer.eventsCapacity): its oldest are dropped',
  ]);
  await first.close();

  const second = await open();
  expect(second.status().droppedCount).toBe(0);
  expect(eventsOf(second)).toEqual(full);
  expect(warnings).toHaveLength(1);
  await second.close();
});
