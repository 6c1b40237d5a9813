import type { Sample } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LiveStream } from "./live-stream.ts";

const values = new Map<string, Sample>();
const put = (pointId: string, value: number, timestampMs: number) =>
  values.set(pointId, { pointId, timestampMs, quality: "good", value });

let clock: SimClock;
let ending: AbortController;
let isWelcome: boolean;
beforeEach(() => {
  values.clear();
  clock = new SimClock(0);
  ending = new AbortController();
  isWelcome = true;
});
afterEach(() => ending.abort());

const open = (points: readonly string[], hasStatus = false) =>
  new LiveStream(
    "s1",
    { points, hasStatus, list: 0, everyMs: 250 },
    {
      sampleOf: (id) => values.get(id),
      statusText: () => `{"atMs":${clock.nowMs()}}`,
      isWelcome: () => isWelcome,
    },
  );

/** Reads as fast as it can; what it was told, as [event, data]. */
function listen(stream: LiveStream) {
  const told: [string, unknown][] = [];
  const end = { isOver: false };
  void (async () => {
    for await (const text of stream.events(clock, ending.signal)) {
      for (const [, name = "", data = ""] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)) {
        told.push([name, JSON.parse(data)]);
      }
    }
    end.isOver = true;
  })();
  return { told, end };
}

test("the whole is told first, then what changed, four times a second at most", async () => {
  put("tank/t", 3.9, 100);
  const { told } = listen(open(["tank/t", "tank/level", "nobody/x"]));
  await clock.advance(0);
  expect(told).toEqual([
    ["hello", { stream: "s1" }],
    [
      "points",
      {
        atMs: 0,
        list: 0,
        points: [
          [0, 3.9, "good", 100],
          [1, null, "silent", null],
          [2, null, "silent", null],
        ],
      },
    ],
  ]);
  // A hundred samples a second.
  for (let ms = 10; ms <= 1000; ms += 10) {
    put("tank/t", ms, ms);
    await clock.advance(10);
  }
  const batches = told.slice(2);
  expect(batches.length).toBe(4);
  expect(batches.at(-1)).toEqual([
    "points",
    { atMs: 1000, list: 0, points: [[0, 1000, "good", 1000]] },
  ]);
});

test("the status is told once a second, and a beat every 5 s where nothing else is", async () => {
  const { told } = listen(open([], true));
  await clock.advance(3_100);
  expect(told.filter(([name]) => name === "status").length).toBe(4);
  const quiet = listen(open([]));
  await clock.advance(11_000);
  expect(quiet.told.map(([name]) => name)).toEqual(["hello", "beat", "beat"]);
});

test("who reads slowly gets what is new, not what has been meanwhile", async () => {
  put("tank/t", 0, 0);
  const events = open(["tank/t"]).events(clock, ending.signal);
  await events.next();
  await events.next();
  for (let second = 1; second <= 60; second++) {
    put("tank/t", second, second * 1000);
    await clock.advance(1_000);
  }
  const next = events.next();
  await clock.advance(250);
  expect((await next).value).toContain('[[0,60,"good",60000]]');
});

test("other points are told from the next batch on, all of them once", async () => {
  put("tank/t", 1, 1);
  put("tank/level", 2, 2);
  const stream = open(["tank/t"]);
  const { told } = listen(stream);
  await clock.advance(500);
  stream.want({ points: ["tank/level"], hasStatus: false, list: 0, everyMs: 1_000 });
  await clock.advance(500);
  expect(told.at(-1)).toMatchObject(["points", { points: [[0, 2, "good", 2]] }]);
});

test.each([false, true])("it ends for who is not welcome any more: status %s", async (status) => {
  const { end } = listen(open([], status));
  await clock.advance(6_000);
  expect(end.isOver).toBe(false);
  isWelcome = false;
  await clock.advance(6_000);
  expect(end.isOver).toBe(true);
});

test("points that are wanted seldom hold up neither the beat nor another list", async () => {
  put("tank/t", 3.9, 100);
  const stream = open(["tank/t"]);
  stream.want({ points: ["tank/t"], hasStatus: false, list: 1, everyMs: 60_000 });
  const { told } = listen(stream);
  await clock.advance(5_000);
  put("tank/t", 4, 200);
  await clock.advance(6_000);
  expect(told.map(([name]) => name)).toEqual(["hello", "points", "beat", "beat"]);
  stream.want({ points: ["tank/level"], hasStatus: false, list: 2, everyMs: 60_000 });
  await clock.advance(300);
  expect(told.at(-1)).toMatchObject(["points", { list: 2 }]);
});
