import { builtinDrivers } from "@headgate/drivers";
import { expect, it } from "vitest";
import { loadConfig } from "./load.ts";

async function errorsOf(channels: object, one: object, other: object) {
  const given = { gateway: { id: "g" }, channels, devices: { one, other } };
  const catalogue = { drivers: builtinDrivers, uplinks: {} };
  const { problems } = await loadConfig(given, catalogue, { lang: "en" });
  const errors = problems.filter(({ severity }) => severity === "error");
  return errors.map(({ path, message }) => `${path}: ${message}`);
}

const points = { p: { address: "holding:0" } };
const unit = (channel: string, more = {}) => ({ channel, unitId: 3, points, ...more });
const slow = { driver: "modbus-rtu", path: "/dev/ttyUSB0", baudRate: 2400 };
const fast = { driver: "modbus-rtu", path: "/dev/ttyUSB0" };
const server = { driver: "modbus-rtu-over-tcp", host: "10.0.0.5", port: 4001 };
const tcp = { driver: "modbus-tcp", host: "10.0.0.5", port: 502 };

it("one unit id on one wire is one device, whatever channels it is named on", async () => {
  expect(await errorsOf({ a: slow, b: fast }, unit("a"), unit("b"))).toEqual([
    'devices.other.unitId: unitId 3 is used by "one" and "other" on a + b',
  ]);
  expect(await errorsOf({ a: server, b: server }, unit("a"), unit("b"))).toHaveLength(1);
  const shared = { sharedUnit: true };
  expect(await errorsOf({ a: slow, b: fast }, unit("a", shared), unit("b", shared))).toEqual([]);
});

it("other ports, and connections of their own, are other wires", async () => {
  const elsewhere = { ...fast, path: "/dev/ttyUSB1" };
  expect(await errorsOf({ a: fast, b: elsewhere }, unit("a"), unit("b"))).toEqual([]);
  expect(await errorsOf({ a: server, b: { ...server, port: 4002 } }, unit("a"), unit("b"))).toEqual(
    [],
  );
  expect(await errorsOf({ a: tcp, b: { ...tcp, port: 503 } }, unit("a"), unit("b"))).toEqual([]);
});

it("meters that are asked by any number are alone on their wire, in whatever channel", async () => {
  const power = { driver: "dlt645", path: "/dev/ttyUSB0" };
  const meter = (channel: string, number: string) => ({
    ...{ channel, meter: number, points: { p: { address: "energy.active.import" } } },
  });
  const both = { a: power, b: { ...power, baudRate: 9600 } };
  expect(await errorsOf(both, meter("a", "1"), meter("b", "1"))).toHaveLength(1);
  expect(await errorsOf(both, meter("a", "any"), meter("b", "2"))).toHaveLength(1);
  expect(await errorsOf(both, meter("a", "1"), meter("b", "2"))).toEqual([]);
});
