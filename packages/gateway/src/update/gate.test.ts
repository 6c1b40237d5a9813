import { expect, test } from "vitest";
import { createSampleView } from "../../testing/sample-view.ts";
import type { GatewayStatus } from "../status.ts";
import { goalOf, unreached } from "./gate.ts";

const up = { kind: "up", sinceMs: 1 } as const;
const down = { kind: "opening", sinceMs: 1 } as const;

/** One channel, one uplink and ten points; parts may be replaced. */
function seen(replaced: Partial<GatewayStatus> = {}): GatewayStatus {
  const status = createSampleView().status();
  const [channel, uplink] = [status?.channels[0], status?.uplinks[0]];
  if (!status || !channel || !uplink) throw new Error("the sample has changed");
  return {
    ...status,
    channels: [{ ...channel, id: "bus-1", state: up }],
    uplinks: [{ ...uplink, id: "cloud", state: up, lastAckMs: 5, backlog: { blocks: 2 } }],
    points: { good: 100, uncertain: 0, bad: 0, silent: 0 },
    ...replaced,
  };
}
const uplinkLike = (replaced: Partial<GatewayStatus["uplinks"][number]>) =>
  seen().uplinks.map((uplink) => ({ ...uplink, ...replaced }));

const goal = { channels: ["bus-1"], uplinks: ["cloud"], goodPoints: 100 };

test("what a gateway has reached is what was up, acknowledged and good", () => {
  expect(goalOf(seen())).toEqual(goal);
  const channels = seen().channels.map((channel) => ({ ...channel, state: down }));
  const uplinks = uplinkLike({ lastAckMs: null });
  expect(goalOf(seen({ channels, uplinks }))).toEqual({ ...goal, channels: [], uplinks: [] });
  expect(goalOf(null)).toBeNull();
});

test.each<[string, GatewayStatus | null, readonly string[]]>([
  ["all of it", seen(), []],
  ["not even a start", null, ["the gateway has not started"]],
  [
    "a channel that is down",
    seen({ channels: seen().channels.map((channel) => ({ ...channel, state: down })) }),
    ['channel "bus-1" is not up'],
  ],
  ["one that is not configured any more", seen({ channels: [] }), []],
  [
    "an uplink without a word",
    seen({ uplinks: uplinkLike({ lastAckMs: null }) }),
    ['uplink "cloud" has acknowledged nothing'],
  ],
  [
    "one that has nothing to say",
    seen({ uplinks: uplinkLike({ lastAckMs: null, backlog: { blocks: 0 } }) }),
    [],
  ],
  ["a few bad points", seen({ points: { good: 95, uncertain: 0, bad: 5, silent: 0 } }), []],
  [
    "many",
    seen({ points: { good: 94, uncertain: 0, bad: 6, silent: 0 } }),
    ["94 of 100 points are good"],
  ],
  ["fewer points", seen({ points: { good: 10, uncertain: 0, bad: 0, silent: 0 } }), []],
  [
    "a disk that takes nothing",
    seen({ buffer: { ...seen().buffer, problems: ["disk full"], committedCount: 0 } }),
    ["buffer: disk full", "nothing was stored yet"],
  ],
])("against it %s", (_what, status, missing) => {
  expect(unreached(goal, status)).toEqual(missing);
});

test("where nothing ran before, to store without trouble is enough", () => {
  expect(unreached(null, seen({ uplinks: uplinkLike({ state: down }) }))).toEqual([]);
  expect(unreached(null, null)).toEqual(["the gateway has not started"]);
});
