import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, type Clock, type Sample, silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openBuffer } from "../buffer/open-buffer.ts";
import { type History, openHistory } from "./history.ts";

const START = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const POINTS = ["a/x", "a/y", "b/ahead"];
const { signal } = new AbortController();

let directory = "";
let nowMs = START;
/** Nothing happens by itself: who closes the history stores. */
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs - START,
  sleep: (_, until) =>
    new Promise((resolve) => {
      if (until?.aborted) resolve();
      else until?.addEventListener("abort", () => resolve());
    }),
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  nowMs = START;
});
afterEach(() => rm(directory, { recursive: true }));

interface Run {
  readonly buffer: Buffer;
  readonly history: History;
}

async function start(pointIds: readonly string[] = POINTS): Promise<Run> {
  const about = { directory, capacityBytesMax: 2 ** 24, mediaCapacityBytesMax: 2 ** 20 };
  const log = { commitIntervalMs: 5, uplinkIds: [], pointIds };
  const context = { clock: systemClock, log: silentLog, signal, directory };
  const buffer = await openBuffer({ ...about, ...log }, context);
  const options = { directory, capacityBytesMax: 2 ** 24, pointIds };
  const history = openHistory(buffer, options, { ...context, clock });
  if (!history) throw new Error("the buffer lends no thread");
  return { buffer, history };
}

/** A sample a second of each point; the clock of one is a minute ahead. */
async function record({ buffer, history }: Run, seconds: number): Promise<void> {
  const appended: Promise<unknown>[] = [];
  for (let second = 0; second < seconds; second++) {
    nowMs += 1000;
    const samples = POINTS.map((pointId): Sample => {
      const timestampMs = pointId === "b/ahead" ? nowMs + MINUTE_MS : nowMs;
      return { pointId, timestampMs, quality: "good", value: (nowMs - START) / 1000 };
    });
    history.keep(samples);
    appended.push(buffer.append(samples, second % 2 === 0 ? "main" : "events"));
  }
  await Promise.all(appended);
}

/** Its thread is gone before it can store. */
async function cutPower({ buffer, history }: Run): Promise<void> {
  await buffer.close();
  await history.close();
}

async function stop({ buffer, history }: Run): Promise<void> {
  await history.close();
  await buffer.close();
}

async function told({ history }: Run, pointId: string) {
  const span = { fromMs: START, toMs: START + 24 * 60 * MINUTE_MS, silentMs: 5000 };
  const answer = await history.query({ pointId, ...span, resolution: "raw", countMax: 1e6 });
  if (answer.kind !== "raw") throw new Error("not raw");
  return { values: [...answer.values], gaps: answer.gaps };
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

test("what a power cut takes comes from the buffer, and nothing comes twice", async () => {
  const first = await start();
  await record(first, 30);
  await stop(first);
  const cut = await start();
  await record(cut, 40);
  await cutPower(cut);
  nowMs += 10 * MINUTE_MS;
  const again = await start();
  for (const pointId of POINTS) {
    expect([pointId, (await told(again, pointId)).values]).toEqual([pointId, upTo(70)]);
  }
  expect((await told(again, "a/x")).gaps).toEqual([
    { fromMs: START + 70_000, toMs: nowMs, why: "off" },
  ]);
  await cutPower(again);
  // It is in the file by now.
  const last = await start(["a/y"]);
  expect((await told(last, "a/x")).values).toEqual(upTo(70));
  await stop(last);
});

test("what was recorded once more is not taken from the buffer, too", async () => {
  const first = await start();
  await record(first, 5);
  await stop(first);
  const second = await start();
  // At once, before anybody looked for what is lacking.
  await record(second, 20);
  expect((await told(second, "a/x")).values).toEqual(upTo(25));
  await cutPower(second);
  const third = await start();
  await record(third, 5);
  expect((await told(third, "a/x")).values).toEqual(upTo(30));
  await stop(third);
});

test("of a time in which no history was kept, no more than minutes are filled in", async () => {
  const first = await start();
  await record(first, 5);
  await stop(first);
  const without = await start();
  await without.history.close();
  const appended: Promise<unknown>[] = [];
  for (let minute = 0; minute < 30; minute++) {
    nowMs += MINUTE_MS;
    const sample: Sample = { pointId: "a/x", timestampMs: nowMs, quality: "good", value: minute };
    appended.push(without.buffer.append([sample]));
    // In several blocks: those of later are not even looked into.
    if (minute % 10 === 9) await Promise.all(appended);
  }
  await without.buffer.close();
  const again = await start();
  expect((await told(again, "a/x")).values).toHaveLength(5 + 10);
  await stop(again);
});
