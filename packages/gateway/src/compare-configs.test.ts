import { builtinDrivers } from "@headgate/drivers";
import { mqttUplink } from "@headgate/sync/uplink";
import { expect, test } from "vitest";
import { compareConfigs } from "./compare-configs.ts";
import { loadConfig } from "./config/load.ts";

const BASE = {
  gateway: { id: "pasture", name: "Pasture" },
  channels: {
    bus: { driver: "modbus-tcp", host: "127.0.0.1", port: 1502 },
    sim: { driver: "simulated" },
  },
  devices: {
    meter: {
      channel: "bus",
      unitId: 1,
      scan: "1 s",
      points: { power: { address: "holding:0", type: "uint16", unit: "kW" } },
    },
    tank: { channel: "sim", scan: "1 s", points: { t: { mean: 4 } } },
  },
  uplinks: {
    cloud: { type: "mqtt", url: "mqtts://cloud.example" },
    erp: { type: "mqtt", url: "mqtts://erp.example" },
  },
  web: { host: "127.0.0.1", port: 8420 },
};
type Path = readonly string[];

/** The base with what lies at `path` replaced; undefined takes it away. */
function changed(path: Path, value: unknown): object {
  const copy: Record<string, unknown> = structuredClone(BASE);
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1) as string] = value;
  return JSON.parse(JSON.stringify(copy)) as object;
}

async function configOf(config: object) {
  const uplinks = { mqtt: async () => mqttUplink };
  const loaded = await loadConfig(config, { drivers: builtinDrivers, uplinks });
  if (!loaded.config) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const point = { address: "holding:1", type: "uint16" };
const NEW_TANK = { channel: "sim", scan: "1 s", points: { t: { mean: 9 } } };
const QUIET = { whole: [], channels: [], uplinks: [], isWebChanged: false };

test.each<[what: string, path: Path, value: unknown, expected: object]>([
  ["the gateway's name", ["gateway", "name"], "Meadow", {}],
  ["a device's name", ["devices", "meter", "name"], "Main meter", {}],
  ["a unit", ["devices", "meter", "points", "power", "unit"], "W", {}],
  ["a new point", ["devices", "meter", "points", "volt"], point, { channels: ["bus replanned"] }],
  ["a scan", ["devices", "meter", "scan"], "2 s", { channels: ["bus replanned"] }],
  ["a device's setting", ["devices", "meter", "unitId"], 7, { channels: ["bus replanned"] }],
  ["a new device", ["devices", "other"], NEW_TANK, { channels: ["sim replanned"] }],
  ["a line's setting", ["channels", "bus", "port"], 1503, { channels: ["bus reopened"] }],
  ["a new line", ["channels", "more"], { driver: "simulated" }, { channels: ["more added"] }],
  ["an uplink's", ["uplinks", "erp", "keepalive"], "20 s", { uplinks: ["erp reopened"] }],
  ["an uplink less", ["uplinks", "erp"], undefined, { uplinks: ["erp removed"] }],
  ["the page's port", ["web", "port"], 8421, { isWebChanged: true }],
  ["no page", ["web"], false, { isWebChanged: true }],
  ["the gateway's id", ["gateway", "id"], "meadow", { whole: ["gateway.id"] }],
  ["the buffer", ["buffer"], { capacity: "300 MiB" }, { whole: ["buffer"] }],
])("%s", async (_, path, value, expected) => {
  const [old, next] = await Promise.all([configOf(BASE), configOf(changed(path, value))]);
  const { whole, channels, uplinks, isWebChanged } = compareConfigs(old, next);
  const listed = (parts: typeof channels) => [...parts].map((part) => part.join(" "));
  const found = { whole, channels: listed(channels), uplinks: listed(uplinks), isWebChanged };
  expect(found).toEqual({ ...QUIET, ...expected });
});

test("points of every driver are the same when they are read from the file again", async () => {
  const meter = { scan: "5 s", unit: "kWh" };
  const channels = {
    power: { driver: "dlt645", path: "/dev/ttyUSB0" },
    water: { driver: "cjt188", path: "/dev/ttyUSB0" },
    plc: { driver: "opcua", endpoint: "opc.tcp://plc:4840" },
    gate: { driver: "onvif", host: "camera" },
    sun: { driver: "modbus-tcp", host: "inverter" },
  };
  const items = {
    a: { address: "00010000", ...meter },
    b: { address: "04FF0001", format: "XXXX.XX", ...meter },
    c: { address: "01010000:time" },
  };
  const kind = { kind: "cold-water", meter: "78330011223344" };
  const flow = { volume: { address: "volume.total" }, own: { address: "D120", format: "XX.XX" } };
  const devices = {
    power: { channel: "power", meter: "12", profile: "dlt645-meter", points: items },
    water: { channel: "water", ...kind, points: flow },
    plc: { channel: "plc", points: { speed: { address: "ns=2;s=Speed", subscribe: "1 s" } } },
    gate: { channel: "gate", points: { motion: { address: "event:motion" } } },
    sun: { channel: "sun", profile: "sunspec" },
  };
  const { channels: base, devices: others } = BASE;
  const all = { ...BASE, channels: { ...base, ...channels }, devices: { ...others, ...devices } };
  const [old, next] = await Promise.all([configOf(all), configOf(structuredClone(all))]);
  expect([...compareConfigs(old, next).channels]).toEqual([]);
});
