import { type StreamFill, silentLog } from "@headgate/model";
import { beforeEach, expect, test } from "vitest";
import { LossLog } from "./loss-log.ts";

const MINUTE = 60_000;
let lines: (string | object)[] = [];
let log: LossLog;
beforeEach(() => {
  lines = [];
  const say = (text: string, fields: object = {}) => void lines.push({ text, ...fields });
  log = new LossLog({ ...silentLog, warn: say, info: say });
});

const fill = (stream: StreamFill["stream"], dropped: number, thinnedCount = 0): StreamFill => {
  const space = { usedBytes: 0, capacityBytesMax: 1, ackedBytes: 0 };
  return { stream, ...space, thinnedCount, goneCounts: { capacity: dropped } };
};

test("dropping is told when it begins, each ten minutes with counts, and when it has ended", () => {
  log.begin([fill("events", 1000)]);
  log.note([fill("events", 1000)], 0);
  expect(lines).toEqual([]);
  for (let minute = 1; minute <= 11; minute++) {
    log.note([fill("events", 1000 + minute)], minute * MINUTE);
  }
  const text = `buffer: "events" is full (buffer.eventsCapacity): its oldest are dropped`;
  const of = { stream: "events", reason: "capacity" };
  expect(lines).toEqual([
    { text, ...of, samples: 1 },
    { text: `${text}, still`, ...of, samples: 11, sinceLastLine: 10 },
  ]);
  log.note([fill("events", 1011)], 20 * MINUTE);
  expect(lines).toHaveLength(2);
  log.note([fill("events", 1011)], 21 * MINUTE);
  log.note([fill("events", 1011)], 40 * MINUTE);
  const ended = `buffer: no samples of "events" are dropped any more`;
  expect(lines.slice(2)).toEqual([{ text: ended, ...of, samples: 11 }]);
  log.note([fill("events", 1012)], 41 * MINUTE);
  expect(lines.slice(3)).toEqual([{ text, ...of, samples: 1 }]);
});

test("streams and reasons are told apart; a file that begins anew is no news", () => {
  log.begin([fill("events", 0), fill("main", 0)]);
  log.note([fill("events", 1), fill("main", 2, 3)], 0);
  expect(lines).toMatchObject([
    { stream: "events", reason: "capacity", samples: 1 },
    { stream: "main", reason: "thinned", samples: 3 },
    { stream: "main", reason: "capacity", samples: 2 },
  ]);
  log.begin([fill("main", 0)]);
  log.note([fill("main", 0)], MINUTE);
  expect(lines).toHaveLength(3);
});
