import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, type Sample, silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkBuffer } from "./check-buffer.ts";
import { countThinned, exportBuffer, exportMinutes } from "./export-buffer.ts";
import { openBuffer } from "./open-buffer.ts";
import { openSqlite } from "./sqlite.ts";

const AT = 1_767_225_600_000;
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-export-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("an export and a check know of events, and of what was kept of thinned blocks", async () => {
  const context: Context = {
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    directory,
  };
  const capacity = { capacityBytesMax: 70_000, mediaCapacityBytesMax: 70_000, keepRawMs: 60_000 };
  const log = { commitIntervalMs: 5, uplinkIds: [], pointIds: ["d/t", "d/n", "d/door"] };
  const buffer = await openBuffer({ directory, ...capacity, ...log }, context);
  let second = 0;
  while (buffer.status().totals.thinnedCount === 0 && second < 200_000) {
    const samples: Sample[] = [];
    for (const end = second + 200; second < end; second++) {
      const at = { timestampMs: AT + second * 1000, quality: "good" } as const;
      const value = (Math.imul(second, 2_654_435_761) >>> 0) / 7;
      samples.push({ pointId: "d/t", ...at, value }, { pointId: "d/n", ...at, value: 2n ** 60n });
    }
    await buffer.append(samples);
  }
  const door: Sample = { pointId: "d/door", timestampMs: AT, quality: "good", value: true };
  await buffer.append([door], "events");
  const { storedCount, thinnedCount, goneCount } = buffer.status().totals;
  await buffer.close();
  const exported = [...exportBuffer(directory)];
  expect(thinnedCount).toBeGreaterThan(0);
  expect(goneCount).toBe(0);
  expect(exported).toHaveLength(storedCount);
  expect(exported.filter(({ sample }) => sample.pointId === "d/door")).toHaveLength(1);
  const names = exported.map(({ epoch, block, index }) => `${epoch} ${block} ${index}`);
  expect(new Set(names).size).toBe(names.length);

  const minutes = [...exportMinutes(directory)];
  // A counter keeps its last value in each minute instead: no figures tell of it.
  expect(new Set(minutes.map(({ pointId }) => pointId))).toEqual(new Set(["d/t"]));
  expect(minutes[0]).toMatchObject({ pointId: "d/t", minuteMs: AT, firstBlock: 2 });
  const thinned = countThinned(directory);
  expect(thinned).toMatchObject({ samples: thinnedCount });

  const path = join(directory, "buffer.db");
  const sound = checkBuffer(path, () => {});
  expect(sound.isSound).toBe(true);
  expect(sound.epochs.map(({ samples }) => samples).reduce((a, b) => a + b)).toBe(storedCount);
  expect(sound.epochs.map((epoch) => epoch.thinnedBlocks)).toContain(thinned.blocks);
  const db = openSqlite(path, 0);
  db.exec("update main_thinned set samples = samples + 1");
  db.close();
  const { isSound, epochs } = checkBuffer(path, () => {});
  expect(isSound).toBe(false);
  expect(epochs.find(({ stream }) => stream === "main")?.damaged[0]).toBe(2);
});
