import { readFile } from "node:fs/promises";
import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, tableOfFunction, type VirtualMeter } from "@headgate/drivers/testing";
import { silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOnce } from "../../src/commands/read.ts";
import { loadConfig } from "../../src/config/load.ts";
import { profileLibrary, shippedProfileFolders } from "../../src/config/profile.ts";
import type { Profile } from "../../src/config/profile-schema.ts";
import type { PointView } from "../../src/status.ts";

// Each line is a fact from a source and not from a profile: a register, the words it holds (made
// with Python's struct) and what they mean, in the unit of the source.

interface Fact {
  readonly device: string;
  readonly profile: string;
  readonly variant: string;
  readonly table: string;
  readonly address: number;
  readonly words: readonly number[];
  readonly meaning: string;
  readonly value: number;
  readonly unit: string;
}

const text = await readFile(new URL("./register-facts.csv", import.meta.url), "utf8");
const facts = text.trim().split("\n").slice(1).map(readFact);
const byDevice = Map.groupBy(facts, ({ device }) => device);
const library = profileLibrary(shippedProfileFolders());
const profiles = new Map<string, Profile>();
for (const id of await library.ids()) {
  const profile = await library.load(id);
  if (profile) profiles.set(id, profile);
}

function readFact(line: string): Fact {
  const [profile = "", variant = "", table = "", address, words = "", meaning = "", value, unit] =
    line.split(",");
  const device = variant === "" ? profile : `${profile}.${variant}`;
  return {
    ...{ device, profile, variant, table, meaning },
    address: Number(address),
    words: words.split(" ").map((word) => Number.parseInt(word, 16)),
    value: Number(value),
    unit: unit ?? "",
  };
}

/** One unit that has only what the sources tell of it; elsewhere zeros, as in many meters. */
function tablesOf(own: readonly Fact[]) {
  const registers = new Map<string, number>();
  for (const { table, address, words } of own) {
    for (const [index, word] of words.entries()) registers.set(`${table}:${address + index}`, word);
  }
  const table = (name: string) => tableOfFunction((at) => registers.get(`${name}:${at}`) ?? 0);
  return { holding: table("holding"), input: table("input") };
}

let meter: VirtualMeter;
let views: ReadonlyMap<string, PointView>;
beforeAll(async () => {
  const devices = [...byDevice.keys()];
  const units = devices.map((device, index) => [index + 1, tablesOf(byDevice.get(device) ?? [])]);
  meter = createVirtualMeter({ units: Object.fromEntries(units) });
  const port = await meter.listen();
  views = await readAll(port, devices);
}, 120_000);
afterAll(() => meter.close());

function readAll(port: number, devices: readonly string[]) {
  const configs = devices.map((device, index) => {
    const [profile = "", variant] = device.split(".");
    return [device, { channel: "a", unitId: index + 1, profile, ...(variant && { variant }) }];
  });
  return readConfig(port, Object.fromEntries(configs));
}

async function readConfig(port: number, devices: object) {
  const given = {
    gateway: { id: "g" },
    channels: { a: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "30 s" } },
    devices,
  };
  const { config, problems } = await loadConfig(given, { drivers: builtinDrivers, uplinks: {} });
  if (!config) throw new Error(JSON.stringify(problems, null, 1));
  const signal = new AbortController().signal;
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const read = await readOnce(config, [], context);
  return new Map(read.views.map((view) => [view.id, view]));
}

/** What one of a unit is in the unit without its prefix. */
function factorOf(unit: string): number {
  if (/^k(W|V|var)/.test(unit)) return 1_000;
  return 1;
}

function pointNamed({ profile, variant, meaning }: Fact): string {
  const { points = {}, variants = {} } = profiles.get(profile) ?? {};
  const all = { ...variants[variant]?.points, ...points };
  const name = Object.keys(all).find((name) => all[name]?.meaning === meaning);
  return name ?? `nothing for ${meaning}`;
}

describe.each([...byDevice])("%s", (device, own) => {
  it("reads what the sources say of it", () => {
    for (const fact of own) {
      const { value, unit } = fact;
      const name = pointNamed(fact);
      const view = views.get(`${device}/${name}`);
      expect(view, `${device}/${name}`).toMatchObject({ quality: "good" });
      const found = Number(view?.value) * factorOf(view?.unit ?? "");
      const expected = value * factorOf(unit);
      const isSame = Math.abs(found - expected) <= Math.abs(expected) * 1e-9;
      expect(isSame, `${device}/${name}: ${found}, not ${expected}`).toBe(true);
    }
  });
});

// The models of SunSpec have the official files instead, meters' protocols items.test.ts.
const cited = [...profiles].filter(([id, { driver }]) => id !== "sunspec" && driver === "modbus");
it.each(cited)("every point of %s has a fact of its own", (id, profile) => {
  const own = facts.filter((fact) => fact.profile === id).map(({ meaning }) => meaning);
  const points = Object.values(profile.points).map(({ meaning }) => meaning ?? "");
  expect(points.filter((meaning) => !own.includes(meaning))).toEqual([]);
});

describe("what a register means besides its number", () => {
  const device = { channel: "a", unitId: 1 };
  const read = async (words: readonly number[], points: object) => {
    const table = tableOfFunction((at) => words[at] ?? 0);
    const lone = createVirtualMeter({ units: { 1: { holding: table, input: table } } });
    try {
      const port = await lone.listen();
      const [view] = [...(await readConfig(port, { d: { ...device, ...points } })).values()];
      return view;
    } finally {
      await lone.close();
    }
  };

  it.each([
    ["abb-b23", "voltage-l1", [0xffff, 0xffff]],
    ["abb-b23", "power", [0x7fff, 0xffff]],
    ["abb-b23", "energy-import", [0xffff, 0xffff, 0xffff, 0xffff]],
    ["huawei-sun2000", "frequency", [0xffff]],
    ["huawei-sun2000", "power-output", [0x7fff, 0xffff]],
    ["sma-inverter", "power-output", [0x8000, 0x0000]],
    ["eastron-sdm630", "frequency", [0x7fc0, 0x0000]],
  ])("%s: %s of %j is no value", async (id, name, words) => {
    const places = { [name]: { address: "holding:0" } };
    const names = Object.keys(profiles.get(id)?.points ?? {});
    const others = names.filter((other) => other !== name).map((other) => [other, null]);
    const points = { ...Object.fromEntries(others), ...places };
    expect(await read(words, { profile: id, points })).toMatchObject({ quality: "bad" });
  });

  it("transformer ratios multiply: 200/5 A and 10 kV/100 V", async () => {
    const names = Object.keys(profiles.get("acrel-adl400")?.points ?? {});
    const others = names.filter((other) => other !== "power").map((other) => [other, null]);
    const points = { ...Object.fromEntries(others), power: { address: "holding:0" } };
    const parameters = { ct: 40, pt: 100 };
    // 1.5 kW in the secondaries.
    const view = await read([0, 1_500], { profile: "acrel-adl400", parameters, points });
    expect(view).toMatchObject({ value: 6_000, unit: "kW", quality: "good" });
  });
});
