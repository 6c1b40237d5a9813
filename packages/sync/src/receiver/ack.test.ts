import { expect, test } from "vitest";
import { encodeMessage, parseAck } from "../protocol/messages.ts";
import { ackOf } from "./ack-of.ts";
import { AckSchedule } from "./ack-schedule.ts";

const BY = { receiverId: "main", incarnation: "i-1", nowMs: 5 };

test("an ack tells the contiguous end, the ranges beyond it and the highest number", () => {
  const covered = [
    { first: 1, last: 4 },
    { first: 7, last: 9 },
  ];
  const ack = ackOf([{ stream: "main", epoch: "e", covered, fork: 3 }], BY);
  expect(ack.streams).toEqual([{ st: "main", ep: "e", w: 4, sack: [[7, 9]], max: 9, fork: 3 }]);
  expect(parseAck(encodeMessage(ack))).toEqual(ack);
});

test("an ack never says more than the protocol takes, whatever is kept", () => {
  const covered = Array.from({ length: 1000 }, (_, at) => ({
    first: 3 * at + 2,
    last: 3 * at + 3,
  }));
  const standing = Array.from({ length: 100 }, (_, at) => {
    return { stream: "main" as const, epoch: `e${at}`, covered };
  });
  const ack = parseAck(encodeMessage(ackOf(standing, BY)));
  expect(ack.streams[0]?.w).toBe(0);
  expect(ack.streams[0]?.sack.at(0)).toEqual([2, 3]);
  expect(ack.streams[0]?.sack.at(-1)).toEqual([2999, 3000]);
});

test("a gateway hears at once, then once a second, sooner if it waits for much", () => {
  const schedule = new AckSchedule();
  schedule.note("g", 1);
  expect(schedule.takeDue(0, 9)).toEqual(["g"]);
  expect(schedule.nextMs).toBe(Number.POSITIVE_INFINITY);
  schedule.note("g", 1);
  expect(schedule.takeDue(999, 9)).toEqual([]);
  expect(schedule.nextMs).toBe(1000);
  expect(schedule.takeDue(1000, 9)).toEqual(["g"]);
  schedule.note("g", 64);
  expect(schedule.takeDue(1099, 9)).toEqual([]);
  expect(schedule.takeDue(1100, 9)).toEqual(["g"]);
});

test("a duplicate alone brings an ack too, and the last turn takes all", () => {
  const schedule = new AckSchedule();
  schedule.note("g", 0);
  schedule.takeDue(0, 9);
  schedule.note("g", 0);
  expect(schedule.takeDue(1, 9)).toEqual([]);
  expect(schedule.takeAll(1)).toEqual(["g"]);
});

test("with room for a few at a time, each gateway gets its turn", () => {
  const schedule = new AckSchedule();
  const told: string[] = [];
  for (let nowMs = 0; nowMs < 3000; nowMs += 1000) {
    for (const gatewayId of ["a", "b", "c"]) schedule.note(gatewayId, 1);
    told.push(...schedule.takeDue(nowMs, 1));
  }
  expect(told).toEqual(["a", "b", "c"]);
  expect(schedule.nextMs).toBeLessThanOrEqual(2000);
});
