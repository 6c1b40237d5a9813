import type { Sample, Stream } from "@headgate/model";
import {
  exportMinutes,
  exportRecord,
  type ReceivedEpoch,
  receiveStatus,
} from "@headgate/sync/receiver";
import { afterEach, expect, it } from "vitest";
import { WholeLine } from "./peers/whole-line.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 12 }, (_, i) => `meter-${i % 3}/p${i}`);
const COUNTER = "meter-0/energy";
const DOOR = "meter-0/door";
const ROUNDS_PER_APPEND = 60;
const PERIOD_MS = 5000;
const APPENDS_MAX = 1000;
const CAPACITY = { capacityBytesMax: 200_000, keepRawMs: 60_000 };

let line: WholeLine;
let round = 0;
afterEach(() => line.end());

/** Five minutes of numbers and a counter; a door that opens or closes comes as an event. */
async function produce(): Promise<void> {
  const samples: Sample[] = [];
  for (const end = round + ROUNDS_PER_APPEND; round < end; round++) {
    const at = { timestampMs: AT + round * PERIOD_MS, quality: "good" } as const;
    for (const [index, pointId] of POINTS.entries()) {
      samples.push({ pointId, ...at, value: noise(index) });
    }
    samples.push({ pointId: COUNTER, ...at, value: 2n ** 60n + BigInt(round) });
  }
  const at = { timestampMs: AT + round * PERIOD_MS, quality: "good" } as const;
  const door: Sample = { pointId: DOOR, ...at, value: round % 3 === 0 };
  await Promise.all([line.buffer.append(samples), line.buffer.append([door], "events")]);
}

/** What does not deflate well, so that the capacity is reached soon. */
function noise(index: number): number {
  const mixed = Math.imul(round * 31 + index, 2_654_435_761) >>> 0;
  return mixed / 2 ** 20;
}

async function produceUntil(isEnough: () => boolean): Promise<void> {
  for (let count = 0; count < APPENDS_MAX; count++) {
    await produce();
    if (isEnough()) return;
  }
  throw new Error(`not reached: ${JSON.stringify(line.buffer.status().totals)}`);
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
const ofStream = (epochs: readonly ReceivedEpoch[], stream: Stream) =>
  epochs.filter((epoch) => epoch.stream === stream);

it("thins in a long outage, then drops, tells both, and the sum is what was taken", async () => {
  round = 0;
  line = await WholeLine.start([...POINTS, COUNTER, DOOR], undefined, CAPACITY);
  const totals = () => line.buffer.status().totals;
  await produceUntil(() => totals().thinnedCount > 10_000);
  expect(totals().goneCount).toBe(0);
  await produceUntil(() => totals().goneCount > 10_000);
  const doors = round / ROUNDS_PER_APPEND;
  line.startUplink("blocks");
  line.startReceiver();
  await line.untilDelivered("main");
  await line.untilDelivered("events");
  await line.stopParts();

  const { epochs, isComplete } = receiveStatus(line.storePath);
  expect(isComplete).toBe(true);
  const { takenCount, storedCount, thinnedCount, goneCount } = totals();
  expect(takenCount).toBe(round * (POINTS.length + 1) + doors);
  expect(sum(epochs.map(({ sampleCount }) => sampleCount))).toBe(storedCount);
  expect(sum(epochs.map(({ thinned }) => thinned.sampleCount))).toBe(thinnedCount);
  const gaps = epochs.flatMap((epoch) => epoch.gaps);
  expect(sum(gaps.map(({ sampleCount }) => sampleCount))).toBe(goneCount);
  expect(storedCount + thinnedCount + goneCount).toBe(takenCount);
  expect(gaps.map(({ first, reason }) => [first, reason])).toEqual([[1, "capacity"]]);
  expect(ofStream(epochs, "events")).toMatchObject([{ sampleCount: doors, gaps: [] }]);

  const rows = [...exportRecord(line.storePath, { gateway: "g-1" })];
  expect(rows.length).toBe(storedCount);
  expect(new Set(rows.map(({ point, t }) => `${point} ${t}`)).size).toBe(rows.length);
  const minutes = [...exportMinutes(line.storePath, { gateway: "g-1" })];
  expect(minutes.length).toBeGreaterThan(0);
  for (const { min, mean, max, count } of minutes) {
    expect(count).toBeGreaterThan(1);
    expect(min <= mean && mean <= max).toBe(true);
  }
});

it("what was sent raw and what became minutes meanwhile meet at the receiver", async () => {
  round = 0;
  line = await WholeLine.start([...POINTS, COUNTER, DOOR], undefined, CAPACITY);
  const totals = () => line.buffer.status().totals;
  line.startUplink("blocks-json");
  line.startReceiver();
  await produce();
  await line.untilDelivered("main");
  await line.broker.kill();
  await produceUntil(() => totals().thinnedCount > 10_000);
  await line.broker.restart();
  await produceUntil(() => round % 120 === 0);
  await line.untilDelivered("main");
  await line.stopParts();
  const { epochs, isComplete } = receiveStatus(line.storePath);
  expect(isComplete).toBe(true);
  const stored = sum(epochs.map(({ sampleCount }) => sampleCount));
  const thinned = sum(epochs.map((epoch) => epoch.thinned.sampleCount));
  const gone = sum(epochs.flatMap(({ gaps }) => gaps.map(({ sampleCount }) => sampleCount)));
  expect(stored + thinned + gone).toBe(totals().takenCount);
});
