import type { GatewayStatus } from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import { sampleBuffer, sampleChannel, sampleFill, sampleUplink } from "../../testing/samples.ts";
import { spaceLeftMs } from "./space-left.ts";
import { bufferTroubles, fieldTroubles, pointTroubles, uplinkTroubles } from "./stages.ts";

const well: GatewayStatus = {
  gateway: { id: "g", name: "", version: "1", timezone: "UTC" },
  ...{ atMs: 0, startedMs: 0, config: null, webUrl: null },
  channels: [sampleChannel()],
  points: { good: 2, uncertain: 0, bad: 0, silent: 0 },
  buffer: sampleBuffer(),
  uplinks: [sampleUplink()],
};
const waiting = { kind: "waiting" as const, sinceMs: 0, reason: "r", retryInMs: 1, retryAtMs: 1 };
const parked = { ...waiting, kind: "parked" as const };

const keysOf = (status: Partial<GatewayStatus>) => {
  const whole = { ...well, ...status };
  const judges = [fieldTroubles, pointTroubles, bufferTroubles, uplinkTroubles];
  return judges.flatMap((judge) => judge(whole)).map(({ what, kind }) => `${kind} ${what.key}`);
};

test.each<[string, Partial<GatewayStatus>, string[]]>([
  ["all is well", {}, []],
  [
    "nothing is configured",
    { channels: [], points: { good: 0, uncertain: 0, bad: 0, silent: 0 }, uplinks: [] },
    ["warning trouble.noChannel", "warning trouble.noPoint", "warning trouble.noUplink"],
  ],
  [
    "the worst line comes first",
    { channels: [sampleChannel({ state: waiting }), sampleChannel({ state: parked })] },
    ["failure trouble.line.parked", "warning trouble.line.waiting"],
  ],
  [
    "a stream is full and loses",
    {
      buffer: sampleBuffer({
        droppedCount: 5,
        fills: [sampleFill({ usedBytes: 16 * 1024 ** 2, goneCounts: { capacity: 5 } })],
      }),
    },
    ["failure trouble.full", "failure trouble.lost"],
  ],
  [
    "what is upstream already does not fill it",
    {
      buffer: sampleBuffer({
        fills: [sampleFill({ usedBytes: 15 * 1024 ** 2, ackedBytes: 15 * 1024 ** 2 })],
      }),
    },
    [],
  ],
  [
    "a receiver is silent",
    { uplinks: [sampleUplink({ silentReceivers: [{ id: "r", forMs: 70_000 }] })] },
    ["warning trouble.receiver"],
  ],
])("%s", (_, status, expected) => {
  expect(keysOf(status)).toEqual(expected);
});

test("room is told in time, by what a block takes", () => {
  // 1 MiB of 16 holds 1024 blocks; two a second fill the other 15 in two hours.
  expect(spaceLeftMs(sampleBuffer(), 2)).toBe(7_680_000);
  expect(spaceLeftMs(sampleBuffer(), 0)).toBeNull();
  expect(spaceLeftMs(sampleBuffer({ streams: [] }), 2)).toBeNull();
});
