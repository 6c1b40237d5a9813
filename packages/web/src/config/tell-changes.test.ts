import { expect, test } from "vitest";
import { tellChanges } from "./tell-changes.ts";

type Row = readonly [path: string, old: string | null, next: string | null];
const told = (...rows: readonly Row[]) =>
  tellChanges(rows.map(([path, old, next]) => ({ path, old, new: next }))).map((one) => {
    const { subject, id, what, details, pointCount } = one;
    const inside = details.map(({ key, old, new: next }) => `${key}: ${old} → ${next}`);
    return [`${subject} ${id} ${what} ${pointCount}`, ...inside];
  });

test.each<[what: string, rows: readonly Row[], told: readonly (readonly string[])[]]>([
  [
    "a setting of a device",
    [["devices.tank.scan", '"1 s"', '"2 s"']],
    [["device tank changed 0", "scan: 1 s → 2 s"]],
  ],
  [
    "settings of a point",
    [
      ["devices.tank.points.t.order", '"ABCD"', '"CDAB"'],
      ["devices.tank.points.t.unit", null, '"°C"'],
    ],
    [["point tank/t changed 0", "order: ABCD → CDAB", "unit: null → °C"]],
  ],
  [
    "a new point",
    [
      ["devices.tank.points.t.address", null, '"holding:1"'],
      ["devices.tank.points.t.type", null, '"int16"'],
    ],
    [["point tank/t added 0"]],
  ],
  [
    "a new device with its points",
    [
      ["devices.tank.channel", null, '"bus"'],
      ["devices.tank.points.a.address", null, '"holding:1"'],
      ["devices.tank.points.b.address", null, '"holding:2"'],
    ],
    [["device tank added 2"]],
  ],
  [
    "a channel and an uplink that went",
    [
      ["channels.bus.driver", '"modbus-tcp"', null],
      ["channels.bus.host", '"10.0.0.7"', null],
      ["uplinks.cloud.type", '"mqtt"', null],
    ],
    [["channel bus removed 0"], ["uplink cloud removed 0"]],
  ],
  [
    "what there is one of",
    [
      ["web.port", "8420", "8421"],
      ["buffer.capacity", null, '"1 GiB"'],
    ],
    [
      ["web  changed 0", "port: 8420 → 8421"],
      ["buffer  changed 0", "capacity: null → 1 GiB"],
    ],
  ],
])("%s", (_, rows, expected) => {
  expect(told(...rows)).toEqual(expected);
});
