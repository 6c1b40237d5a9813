import { describe, expect, it } from "vitest";
import { HOSTS_MAX, readHosts, readNumbers } from "./hosts.ts";
import {
  absentMs,
  likelySettings,
  lineText,
  meterSettings,
  readLineSettings,
} from "./line-settings.ts";
import {
  estimateMs,
  lookCount,
  orderUnits,
  passesLeft,
  planPasses,
  withCalls,
} from "./search-plan.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("the order of a search", () => {
  const { unitIds, likelyCount } = orderUnits(range(1, 247), [11, 247]);

  it("begins with low ids and those devices leave the factory with", () => {
    expect(unitIds.slice(0, 13)).toEqual([...range(1, 10), 11, 247, 12]);
    expect([likelyCount, unitIds.length, new Set(unitIds).size]).toEqual([12, 247, 247]);
    expect(orderUnits([40, 3], [3, 9])).toEqual({ unitIds: [3, 40], likelyCount: 1 });
  });

  it("tries the likely ids with every setting before the others with any", () => {
    const passes = planPasses({ settings: ["a", "b"], unitIds, likelyCount });
    expect(passes.map(({ setting, unitIds: { length } }) => [setting, length])).toEqual([
      ["a", 12],
      ["b", 12],
      ["a", 235],
      ["b", 235],
    ]);
    expect(lookCount(passes)).toBe(494);
    expect(estimateMs(passes, (setting) => (setting === "a" ? 1 : 2))).toBe(741);
    expect(planPasses({ settings: ["a"], unitIds, likelyCount })).toHaveLength(1);
  });

  it("stays with the setting that devices were found with, unless all are wanted", () => {
    const passes = planPasses({ settings: ["a", "b"], unitIds, likelyCount }).slice(1);
    const left = (foundWith: string | null, isAll: boolean) =>
      passesLeft(passes, { foundWith, isAll }).map(({ setting }) => setting);
    expect(left(null, false)).toEqual(["b", "a", "b"]);
    expect(left("a", false)).toEqual(["a"]);
    expect(left("a", true)).toEqual(["b", "a", "b"]);
  });
});

describe("calls of meters with long numbers", () => {
  const passes = planPasses({ settings: ["a", "b"], unitIds: range(1, 20), likelyCount: 10 });
  const all = withCalls(passes, { calls: ["c", "d"], firstCount: 2 });

  it("come behind the likely units, and are counted", () => {
    expect(all.map(({ setting }) => setting)).toEqual(["a", "b", "c", "d", "a", "b"]);
    expect(lookCount(all)).toBe(40 + 8);
    expect(estimateMs(all, (setting) => (setting === "c" ? 100 : 1))).toBe(40 + 400 + 4);
  });

  it("are made though units were found with other settings: meters often have their own", () => {
    const left = passesLeft(all, { foundWith: "a", isAll: false });
    expect(left.map(({ setting }) => setting)).toEqual(["a", "c", "d", "a"]);
  });

  it("are made at the standards' settings, or at those that a person names", () => {
    expect(meterSettings([], []).map(lineText)[0]).toBe("2400 8E1");
    expect(meterSettings([9600, 115_200], ["even"]).map(lineText)).toEqual(["9600 8E1"]);
  });
});

describe("line settings", () => {
  it("come in the order of how frequent they are", () => {
    const texts = likelySettings([], []).map(lineText);
    expect(texts.slice(0, 3)).toEqual(["9600 8N1", "9600 8E1", "19200 8E1"]);
    expect(likelySettings([2400, 9600], ["even"]).map(lineText)).toEqual(["9600 8E1", "2400 8E1"]);
    expect(likelySettings([300], []).map(lineText)).toEqual(["300 8N1", "300 8E1"]);
    expect(likelySettings([9600], []).map(lineText)).toContain("9600 8O1");
  });

  it("are read as people write them, and tell what a look takes", () => {
    expect(readLineSettings("2400 8E1")).toEqual({ baudRate: 2400, parity: "even", stopBits: 1 });
    expect(readLineSettings("9600/8/N/1")).toBe(null);
    const look = absentMs({ baudRate: 9600, parity: "none", stopBits: 1 }, 200);
    expect(look).toBeCloseTo(200 + 80 / 9.6, 5);
  });
});

describe("hosts and ids that a person names", () => {
  const textsOf = (text: string) => {
    const hosts = readHosts(text, 502);
    return typeof hosts === "string" ? hosts : hosts.map(({ host, port }) => `${host} ${port}`);
  };

  it.each([
    ["192.168.1.10", ["192.168.1.10 502"]],
    ["plc.local:5020", ["plc.local 5020"]],
    ["192.168.1.9-11:503", ["192.168.1.9 503", "192.168.1.10 503", "192.168.1.11 503"]],
    ["10.0.0.254-10.0.1.1", ["10.0.0.254 502", "10.0.0.255 502", "10.0.1.0 502", "10.0.1.1 502"]],
    ["10.0.0.4/30", ["10.0.0.5 502", "10.0.0.6 502"]],
    ["10.0.0.4/32", ["10.0.0.4 502"]],
    ["[fe80::1]:503", ["fe80::1 503"]],
  ])("%s", (text, places) => {
    expect(textsOf(text)).toEqual(places);
  });

  it.each([
    ["192.168.1.20-10", "192.168.1.20-10: the range ends before it begins"],
    ["10.0.0.0/16", `10.0.0.0/16 are 65534 addresses, more than ${HOSTS_MAX}`],
    ["10.0.0.300", "10.0.0.300 is no address; write 192.168.1.10, …10-40 or …0/24"],
    ["10.0.0.1:99999", "10.0.0.1:99999: a port is a number from 1 to 65535"],
    ["", '"" names no host'],
  ])("%s is none", (text, why) => {
    expect(textsOf(text)).toBe(why);
  });

  it("reads lists of ids", () => {
    expect(readNumbers("1-3, 40,2", [0, 247])).toEqual([1, 2, 3, 40]);
    expect(readNumbers("1-300", [0, 247])).toMatch(/from 0 to 247/);
    expect(readNumbers("three", [0, 247])).toMatch(/^"three"/);
  });
});
