import { describe, expect, it } from "vitest";
import { type Expected, weigh, weighHaving, weighName } from "./evidence.ts";
import type { FoundDevice, Proposal } from "./found-device.ts";
import { rank } from "./rank.ts";
import { durationText, foundRows, progressText } from "./render-found.ts";
import { additionOf, snippetOf } from "./snippet.ts";

const point = (meaning: string, unit = "", more: Partial<Expected> = {}): Expected => ({
  ...{ name: meaning, meaning, unit, type: "float32", plausible: null, within: null },
  ...{ equals: null, ...more },
});
const value = (number: number) => ({ kind: "value", value: number }) as const;

describe("what a value tells of a profile", () => {
  it.each([
    ["a grid's frequency", point("frequency", "Hz"), 49.98, 3],
    ["the other one", point("frequency", "Hz"), 60.02, 3],
    ["no grid's", point("frequency", "Hz"), 54, -0.5],
    ["nobody's", point("frequency", "Hz"), 4998, -4],
    ["230 V and 15 % more", point("voltage.l1n", "V"), 264, 2],
    ["230 V and 20 % more", point("voltage.l1n", "V"), 276.5, 2],
    ["a voltage of no grid", point("voltage.l1n", "V"), 180, -1],
    ["0.23 kV", point("voltage.l1n", "kV"), 0.23, 2],
    ["a phase that is off", point("voltage.l2n", "V"), 0, -0.7],
    ["a power factor", point("power.factor.total"), -0.97, 1.5],
    ["what is none", point("power.factor.total"), 48.2, -4],
    ["a float", point("power.active.total", "W", { plausible: [-1e8, 1e8] }), 2345.6, 0.3],
    ["a zero within a probe", point("energy.dc", "Wh", { within: [0, 9] }), 0, 0],
    ["a zero beside a probe", point("energy.dc", "Wh", { within: [1, 9] }), 0, -4],
    ["no temperature", point("temperature", "°C", { plausible: [-60, 150] }), 0, 0],
    ["a float of other bits", point("power.active.total", "W"), 2.4e-41, -2],
    ["one out of its range", point("energy.dc", "Wh", { plausible: [0, 1e13] }), -4, -3],
  ])("%s", (_name, expected, number, weight) => {
    expect(weigh(expected, value(number)).weight).toBe(weight);
  });

  it("is against it where registers are refused, nothing where they are empty", () => {
    expect(weigh(point("frequency", "Hz"), { kind: "refused" }).weight).toBe(-2.5);
    expect(weigh(point("energy.dc", "Wh"), { kind: "refused" }).weight).toBe(-0.8);
    expect(weigh(point("frequency", "Hz"), { kind: "empty" }).weight).toBe(0);
  });

  it("grows with what few devices have, but never makes sure by itself", () => {
    expect(weighHaving(1, 0.5).weight).toBeCloseTo(0.69, 2);
    expect(weighHaving(9, 0.1).weight).toBe(2.5);
  });

  it("is more where the device says its name", () => {
    const sdm = { manufacturer: "Eastron", models: ["SDM630"] };
    expect(weighName("EASTRON SDM-630", sdm, []).weight).toBe(6);
    expect(weighName("Eastron meter", sdm, []).weight).toBe(3);
    expect(weighName("Siemens PAC", sdm, ["Eastron", "Siemens"]).weight).toBe(-6);
    expect(weighName("smart meter", sdm, ["SMA"]).weight).toBe(0);
  });
});

describe("the verdict", () => {
  const judged = (candidate: string, weight: number, refusedShare = 0) => ({
    candidate,
    evidence: [{ weight, text: "" }],
    refusedShare,
  });

  it("is one, several, weak or none", () => {
    const of = (...all: Parameters<typeof rank<string>>[0]) => {
      const { verdict, fitting } = rank(all);
      return [verdict, ...fitting.map(({ candidate }) => candidate)];
    };
    expect(of(judged("b", 6), judged("a", 12))).toEqual(["one", "a"]);
    expect(of(judged("b", 10), judged("a", 12))).toEqual(["several", "a", "b"]);
    expect(of(judged("b", 2), judged("a", 4.5))).toEqual(["one", "a"]);
    expect(of(judged("b", 1), judged("a", 3))).toEqual(["weak", "a", "b"]);
    expect(of(judged("a", 0.5), judged("b", 20, 0.6))).toEqual(["none"]);
  });
});

const proposal = (profile: string, variant: string | null = null): Proposal => ({
  ...{ profile, variant, name: { en: "A meter", zh: "电表" }, models: [], score: 97 },
  values: [{ point: "voltage", meaning: "voltage.l1n", value: 230.1, unit: "V" }],
  ...{ variantName: null, absent: [] },
});
const device = (unitId: number, more: Partial<FoundDevice>): FoundDevice => ({
  channel: { driver: "modbus-rtu", path: "/dev/ttyUSB0", baudRate: 9600, parity: "none" },
  ...{ device: { unitId }, where: `/dev/ttyUSB0 9600 8N1 unit ${unitId}`, trouble: null },
  ...{ said: "answers", answerMs: 5, identity: null, verdict: "one", proposals: [], ...more },
});
const found = [
  device(1, { proposals: [proposal("sdm")] }),
  device(2, { verdict: "several", proposals: [proposal("sdm", "a"), proposal("sdm", "b")] }),
  device(3, { verdict: "none", said: "illegal function (exception 1)" }),
  device(4, { verdict: "none", trouble: "conflict", said: "two answers to one question" }),
  device(5, { verdict: "weak", proposals: [proposal("odd")] }),
];

describe("what a person is told", () => {
  it("is a row for each device, and one more for each that it may be as well", () => {
    const [, ...rows] = foundRows(found, "en");
    expect(rows.map(([, what]) => what)).toEqual([
      "A meter (sdm)",
      "A meter (sdm, variant a)",
      "or A meter (sdm, variant b)",
      "unknown: no profile fits; look at it with headgate inspect",
      "two devices answer: disconnect one, and give the other another id",
      "perhaps A meter (odd)",
    ]);
    expect(rows[0]?.slice(2)).toEqual(["97 %", "230.1 V"]);
    expect(foundRows(found.slice(0, 1), "zh")[1]?.[1]).toBe("电表 (sdm)");
    expect(foundRows([], "en")).toEqual([]);
  });

  it("is how far the search is, and how long it will take", () => {
    const at = { line: "9600 8N1", unitId: 23, doneCount: 22, lookCount: 247, leftMs: 46_700 };
    const told = progressText({ kind: "progress", doing: "look", ...at }, 2, "en");
    expect(told).toBe("9600 8N1 unit 23: 23/247, 2 found, 47 s left");
    const plan = progressText({ kind: "plan", lookCount: 9, estimateMs: 4_000 }, 0, "en");
    expect(plan).toMatch(/^up to 9 questions, 4 s if nobody answers; less once/);
    expect(progressText({ kind: "progress", doing: "look", ...at }, 2, "zh")).toBe(
      "9600 8N1 单元号 23：23/247，已找到 2 台，剩余 47 s",
    );
    expect(foundRows(found.slice(3, 4), "zh")[1]?.slice(1)).toEqual([
      "有两台设备应答：请先断开一台，给另一台改地址",
      "",
      "一次询问有两个应答",
    ]);
    const all = { ...at, unitId: null, line: "2400 8E1 dlt645" };
    expect(progressText({ kind: "progress", doing: "look", ...all }, 0, "en")).toMatch(
      /dlt645 all meters/,
    );
    expect([durationText(99_000), durationText(250_000)]).toEqual(["99 s", "4 min 10 s"]);
  });

  it("is what to paste, with every doubt beside it", () => {
    expect(snippetOf(found)).toBe(`channels:
  line-1:
    driver: modbus-rtu
    path: /dev/ttyUSB0
    baudRate: 9600
    parity: none
devices:
  sdm:
    channel: line-1
    unitId: 1
    profile: sdm
  sdm-2:
    channel: line-1
    unitId: 2
    profile: sdm
    variant: a
# /dev/ttyUSB0 9600 8N1 unit 2 may as well be sdm, variant b; compare with its nameplate.
# Not here: /dev/ttyUSB0 9600 8N1 unit 3: no profile fits.
# Not here: /dev/ttyUSB0 9600 8N1 unit 4: two devices answer there.
# Not here: /dev/ttyUSB0 9600 8N1 unit 5: no profile fits for sure.
`);
  });

  it("makes a channel of its own for meters of another protocol on the same port", () => {
    const channel = { driver: "dlt645", path: "/dev/ttyUSB0", baudRate: 2400, parity: "even" };
    const meter = { channel, device: { meter: "000012345678" }, proposals: [proposal("dlt")] };
    const bus = { driver: "modbus-rtu", path: "/dev/ttyUSB0" };
    const own = { driver: "dlt645", path: "/dev/ttyUSB0" };
    const add = (channels: Record<string, object>) =>
      additionOf([device(1, meter)], { channels: channels as never, devices: {} });
    expect(add({ bus })).toMatchObject({
      channels: { "line-1": channel },
      devices: { dlt: { channel: "line-1", meter: "000012345678", profile: "dlt" } },
    });
    expect(add({ bus, own })).toMatchObject({ channels: {}, devices: { dlt: { channel: "own" } } });
  });

  it("uses the channel that is there, and leaves out the device that is", () => {
    const existing = {
      channels: { bus: { driver: "modbus-rtu", path: "/dev/ttyUSB0" } },
      devices: { main: { channel: "bus", unitId: 1, profile: "other" } },
    };
    const { channels, devices, leftOut } = additionOf(found.slice(0, 2), existing);
    expect(channels).toEqual({});
    expect(devices).toEqual({
      sdm: { channel: "bus", unitId: 2, profile: "sdm", variant: "a" },
    });
    expect(leftOut).toEqual(["/dev/ttyUSB0 9600 8N1 unit 1: it is there already, as main"]);
  });
});
