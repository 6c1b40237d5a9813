import type {
  BufferSummary,
  ChannelStatus,
  PointView,
  UnitCounters,
  UplinkStatus,
} from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import { sampleBuffer, sampleChannel, samplePoint, sampleUplink } from "../../testing/samples.ts";
import { deviceLadder, pointLadder, type Rung } from "./ladder.ts";

const nowMs = 1_000_000;
const counters: UnitCounters = {
  unit: 7,
  requestCount: 1000,
  okCount: 1000,
  timeoutCount: 0,
  checksumCount: 0,
  foreignCount: 0,
  malformedCount: 0,
  exceptions: {},
  roundTripMs: { p50: 12, p95: 20, max: 80 },
  longestSilenceMs: 0,
};

interface Given {
  readonly point?: Partial<PointView>;
  readonly channel?: Partial<ChannelStatus>;
  readonly counters?: Partial<UnitCounters> | null;
  readonly buffer?: Partial<BufferSummary>;
  readonly uplinks?: readonly UplinkStatus[];
}

const ladder = (given: Given) =>
  pointLadder(samplePoint({ timestampMs: nowMs, ...given.point }), {
    channel: sampleChannel(given.channel),
    counters: given.counters === null ? null : { ...counters, ...given.counters },
    buffer: sampleBuffer(given.buffer),
    uplinks: given.uplinks ?? [sampleUplink({ lastAckMs: nowMs - 2_000 })],
    nowMs,
  });
/** A letter a rung: ok, warning, failed, unknown, later. */
const verdicts = (rungs: readonly Rung[]) => rungs.map(({ verdict }) => verdict[0]).join("");
const bad = (reason: string) => ({ point: { quality: "bad" as const, value: null, reason } });

test.each<[string, Given, string]>([
  ["nothing is wrong", {}, "ooooooooo"],
  [
    "the line is down",
    {
      ...bad("line down: connection refused"),
      channel: {
        state: { kind: "waiting", sinceMs: 0, reason: "refused", retryInMs: 1, retryAtMs: 2 },
      },
    },
    "flllllooo",
  ],
  ["the unit is silent", bad("timeout: no answer from unit 7 within 500 ms"), "ofllllooo"],
  [
    "the line opens, and nobody answers",
    {
      ...bad("line down: h:502: connected, but 2 requests in a row had no answer; check it"),
      counters: { okCount: 0, timeoutCount: 1000 },
      channel: {
        state: {
          ...{ kind: "waiting", sinceMs: 0, retryInMs: 1, retryAtMs: 2 },
          reason: "h:502: connected, but 2 requests in a row had no answer; check it",
        },
      },
    },
    "ofllllooo",
  ],
  [
    "what comes is damaged, which to the driver is no answer",
    {
      ...bad("timeout: no answer from unit 7 within 500 ms"),
      counters: { okCount: 0, checksumCount: 1000 },
    },
    "ooflllooo",
  ],
  ["answers are damaged", bad("checksum wrong"), "ooflllooo"],
  ["the device refuses", bad("illegal data address (exception 2)"), "ooofllooo"],
  ["the value is none", bad("not a number (0x7fc00000)"), "ooooflooo"],
  ["nothing has happened yet", bad("no event yet"), "oooouoooo"],
  ["it hardly moves", { point: { deadband: { change: 0.5, heartbeatMs: 900_000 } } }, "ooooooooo"],
  ["samples were dropped", { buffer: { droppedCount: 9, gapCount: 1 } }, "oooooowoo"],
  ["nothing was acknowledged yet", { uplinks: [sampleUplink()] }, "oooooooow"],
  [
    "the last word from upstream is old",
    { uplinks: [sampleUplink({ lastAckMs: nowMs - 61_000 })] },
    "oooooooow",
  ],
  ["the number is absurd", { point: { value: -1.5e35 } }, "oooowoooo"],
  ["nobody counts on this line", { counters: null }, "ouuuooooo"],
  ["some requests had no answer", { counters: { timeoutCount: 50 } }, "owooooooo"],
  ["the disk is broken", { buffer: { problems: ["disk full"] } }, "oooooofoo"],
  ["there is no uplink", { uplinks: [] }, "ooooooof"],
  [
    "the receiver is silent",
    { uplinks: [sampleUplink({ silentReceivers: [{ id: "r", forMs: 90_000 }] })] },
    "oooooooof",
  ],
])("why a number is missing: %s", (_, given, expected) => {
  expect(verdicts(ladder(given))).toBe(expected);
});

test("the rungs are in the order in which a number comes", () => {
  const names = ladder({}).map(({ name }) => name.replace("rung.", ""));
  expect(names).toEqual([
    ...["link", "answer", "damage", "exception", "decode", "deadband"],
    ...["stored", "sent", "acknowledged"],
  ]);
});

test("what broke says why and what to do", () => {
  const broken = ladder(bad("timeout")).find(({ verdict }) => verdict === "failed");
  expect(broken).toMatchObject({ reason: "timeout", todo: "todo.answer" });
});

test("a device is judged by all of its points: one bad address is no broken line", () => {
  const device = {
    ...{ id: "meter", name: "meter", channel: "bus", driver: "modbus-rtu", profile: null },
    ...{ unit: 7, state: { kind: "up" as const, sinceMs: 0 }, lastSampleMs: null, counters },
    quality: { good: 1, uncertain: 0, bad: 1, silent: 0 },
  };
  const wrong = samplePoint({ quality: "bad", value: null, reason: "timeout" });
  const one = deviceLadder(device, sampleChannel(), [wrong, samplePoint({})]);
  expect(verdicts(one)).toBe("oooow");
  const none = deviceLadder(device, sampleChannel(), [wrong, wrong]);
  expect(verdicts(none)).toBe("ofllf");
});
