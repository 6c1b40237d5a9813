import { builtinDrivers } from "@headgate/drivers";
import { systemClock } from "@headgate/model";
import { mqttUplink } from "@headgate/sync/uplink";
import { expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { declaredPlaces } from "./declared-places.ts";
import { resolvePlaces } from "./resolve-places.ts";
import { rulesetOf } from "./ruleset.ts";

const catalogue = { drivers: builtinDrivers, uplinks: { mqtt: async () => mqttUplink } };
const options = { user: "headgate", nameServers: ["10.0.0.53", "::1"], source: "gateway.yaml" };

async function placesOf(channels: object, uplinks: object = {}) {
  const { config, problems } = await loadConfig(
    { gateway: { id: "g" }, channels, uplinks },
    catalogue,
  );
  if (!config) throw new Error(JSON.stringify(problems));
  return declaredPlaces(config);
}
const told = async (channels: object, uplinks?: object) =>
  (await placesOf(channels, uplinks)).map(({ what, host, port }) => `${what} ${host} ${port}`);

test.each<[object, readonly string[]]>([
  [{ driver: "modbus-tcp", host: "10.0.0.1" }, ["10.0.0.1 502"]],
  [{ driver: "modbus-rtu-over-tcp", host: "fe80::1%eth0", port: 4001 }, ["fe80::1 4001"]],
  [{ driver: "modbus-tcp", host: "::ffff:10.0.0.1" }, ["10.0.0.1 502"]],
  [{ driver: "opcua", endpoint: "opc.tcp://[::FFFF:a00:9]" }, ["10.0.0.9 4840"]],
  [{ driver: "dlt645-tcp", host: "meters", port: 26 }, ["meters 26"]],
  [{ driver: "modbus-rtu", path: "/dev/ttyS0" }, []],
  [{ driver: "modbus-tcp", host: "127.0.0.1" }, []],
  [{ driver: "simulated" }, []],
  [
    { driver: "opcua", endpoint: "opc.tcp://plc/x", alternatives: ["opc.tcp://[fd00::5]:4841"] },
    ["plc 4840", "fd00::5 4841"],
  ],
  [
    { driver: "onvif", host: "cam", port: 8000, snapshotUri: { main: "http://10.0.0.9:81/a.jpg" } },
    ["cam 8000", "cam 80", "cam 443", "10.0.0.9 81", "10.0.0.9 80", "10.0.0.9 443"],
  ],
])("where a channel goes: %j", async (channel, places) => {
  expect(await told({ a: channel })).toEqual(places.map((place) => `channel a ${place}`));
});

test("where uplinks go", async () => {
  const of = (url: string) => ({ type: "mqtt", url, root: url });
  const uplinks = {
    a: of("mqtts://user:pw@broker.example"),
    b: of("wss://[fd00::1]:8084/mqtt"),
    c: of("mqtt://localhost"),
  };
  expect(await told({}, uplinks)).toEqual([
    "uplink a broker.example 8883",
    "uplink b fd00::1 8084",
  ]);
});

test("addresses stand in the rules; a name has a set, kept where nobody knows it", async () => {
  const uplinks = {
    a: { type: "mqtt", url: "mqtts://broker.example" },
    b: { type: "mqtt", url: "mqtts://away.example" },
  };
  const places = await placesOf({ plc: { driver: "modbus-tcp", host: "10.0.0.1" } }, uplinks);
  const lookUp = async (name: string) => {
    if (name === "away.example") throw new Error("ENOTFOUND");
    return ["203.0.113.7", "2001:db8::7"];
  };
  const text = rulesetOf(await resolvePlaces(places, lookUp, systemClock), options);
  const lines = text.split("\n").map((line) => line.trim());
  expect(lines).toContain("ip daddr 10.0.0.1 tcp dport 502 accept");
  expect(lines).toContain("ip daddr 10.0.0.53 meta l4proto { tcp, udp } th dport 53 accept");
  expect(lines).toContain("meta skuid headgate jump elsewhere");
  const [, known] = /^add element inet headgate (v4_\w+) { 203\.0\.113\.7 }$/m.exec(text) ?? [];
  expect(lines).toContain(`ip daddr @${known} tcp dport 8883 accept`);
  expect(text).toMatch(/^add element inet headgate v6_\w+ { 2001:db8::7 }$/m);
  expect(text.match(/^flush set/gm)?.length).toBe(2);
  expect(lines).toContain('# "away.example": not known now; as it was before');
});

test("a name that nobody answers for holds up no other", async () => {
  const line = (host: string) => ({ driver: "modbus-tcp", host });
  const places = await placesOf({ a: line("silent"), b: line("known") });
  const lookUp = (name: string) =>
    name === "silent" ? new Promise<never>(() => {}) : Promise.resolve(["10.0.0.7"]);
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const found = await resolvePlaces(places, lookUp, { ...systemClock, sleep });
  expect(found.map(({ addresses }) => addresses)).toEqual([null, ["10.0.0.7"]]);
});

test("this machine, answers and what is declared pass; the rest is counted and refused", () => {
  const plain = { what: "channel a", host: "10.0.0.1", port: 502, addresses: ["10.0.0.1"] };
  const text = rulesetOf([plain], options);
  const chain = text.slice(text.lastIndexOf("chain elsewhere {")).split("\n").slice(1, 9);
  const rules = chain.map((line) => line.trim()).filter((line) => !/^(#|limit |$)/.test(line));
  expect(rules).toEqual([
    'oifname "lo" accept',
    "ct direction reply accept",
    "ip daddr 10.0.0.1 tcp dport 502 accept",
    "counter name undeclared",
    "reject with icmpx type admin-prohibited",
  ]);
  expect(text).toContain("hook output priority filter; policy accept;");
});

test("without names no name server; what a name may hold begins no line of its own", () => {
  const plain = { what: "channel a", host: "10.0.0.1", port: 502, addresses: ["10.0.0.1"] };
  expect(rulesetOf([plain], options)).not.toContain("dport 53");
  const host = 'x"\naccept';
  const text = rulesetOf([{ ...plain, host, addresses: null }], options);
  expect(text.split("\n").filter((line) => line.trim() === "accept")).toEqual([]);
});
