import { copyFile } from "node:fs/promises";
import type { Sample } from "@headgate/model";
import { exportRecord, receiveStatus } from "@headgate/sync/receiver";
import { afterEach, expect, it } from "vitest";
import { WholeLine } from "./peers/whole-line.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 10 }, (_, i) => `meter/p${i}`);
const LOOK_MS = 50;
const WITHIN_MS = 60_000;

let line: WholeLine;
let round = 0;
afterEach(() => line.end());

async function produce(rounds: number): Promise<void> {
  for (const end = round + rounds; round < end; round++) {
    const samples: Sample[] = POINTS.map((pointId, index) => {
      return { pointId, timestampMs: AT + round * 1000, quality: "good", value: round + index };
    });
    await line.buffer.append(samples);
  }
}

async function until(isSo: () => boolean, what: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + WITHIN_MS;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`not reached: ${JSON.stringify(what())}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const countOf = () => [...exportRecord(line.storePath, { gateway: "g-1" })].length;

it("a receiver restored from a backup asks for what it had acknowledged, and gets it", async () => {
  round = 0;
  line = await WholeLine.start(POINTS, undefined, { keepAckedBytesMax: 2 ** 20 });
  line.startUplink("blocks");
  const stopFirst = line.startReceiver();
  await produce(20);
  await line.untilDelivered();
  await stopFirst();
  const backup = `${line.storePath}.backup`;
  await copyFile(line.storePath, backup);

  const stopSecond = line.startReceiver();
  await produce(30);
  await line.untilDelivered();
  await until(
    () => line.buffer.status().ackedBytes > 0,
    () => line.buffer.status(),
  );
  await stopSecond();
  expect(countOf()).toBe(50 * POINTS.length);

  await copyFile(backup, line.storePath);
  expect(countOf()).toBe(20 * POINTS.length);
  line.startReceiver();
  await produce(1);
  await until(() => countOf() === 51 * POINTS.length, countOf);
  await line.stopParts();
  const { epochs, isComplete } = receiveStatus(line.storePath);
  expect(isComplete).toBe(true);
  expect(epochs.flatMap(({ gaps }) => gaps)).toEqual([]);
});
