import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { builtinDrivers } from "@headgate/drivers";
import { describe, expect, it } from "vitest";
import { applyProfile } from "./apply-profile.ts";
import { pointKeys } from "./key-levels.ts";
import { profileLibrary, readProfile } from "./profile.ts";
import type { Profile } from "./profile-schema.ts";

const folder = fileURLToPath(new URL("../../../../firmware-config/profiles/", import.meta.url));
const library = profileLibrary([folder]);
const ids = await library.ids();
const textOf = (id: string) => readFile(`${folder}${id}.yaml`, "utf8");
const plain = { variant: null, parameters: {}, groups: null };

const profiles = new Map<string, Profile>();
for (const id of ids) profiles.set(id, readProfile(await textOf(id), id));

function shipped(id: string): Profile {
  const profile = profiles.get(id);
  if (!profile) throw new Error(`no profile ${id}`);
  return profile;
}

interface Registers {
  readonly table: string;
  readonly from: number;
  readonly count: number;
  /** Found in the device, so that it has no place here. */
  readonly sunspec?: unknown;
}

/** The registers of each point as the real driver understands them. */
async function registersOf(profile: Profile, variant: string | null) {
  const isModbus = profile.driver === "modbus";
  const driver = await builtinDrivers[isModbus ? "modbus-tcp" : profile.driver]?.();
  if (!driver) throw new Error(`no driver ${profile.driver}`);
  const { points, device } = applyProfile(profile, { ...plain, variant });
  if (isModbus) driver.deviceSchema?.parse(device);
  return Object.entries(points).map(([name, point]) => {
    const rest = Object.fromEntries(
      Object.entries(point).filter(([key]) => !pointKeys.includes(key)),
    );
    return { name, ...(driver.addressSchema.parse(rest) as Registers) };
  });
}

it("ships 55 models or more, at most 60 lines a profile in the median", async () => {
  const models = [...profiles.values()].flatMap(({ models }) => models);
  expect(models.length).toBeGreaterThanOrEqual(55);
  const texts = await Promise.all(ids.map(textOf));
  const lines = texts.map((text) => text.split("\n").length).sort((a, b) => a - b);
  expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(60);
});

it("the blueprint is a valid profile", async () => {
  const profile = readProfile(await textOf("_blueprint"), "manufacturer-model");
  await expect(registersOf(profile, "old-firmware")).resolves.toHaveLength(4);
});

describe.each(ids)("profile %s", (id) => {
  const profile = shipped(id);
  const { sources, variants, verified } = profile;

  it("suits the driver in each variant, without two points on one register", async () => {
    for (const variant of [null, ...Object.keys(variants)]) {
      const all = await registersOf(profile, variant);
      const registers = all.filter(({ sunspec, table }) => !sunspec && table !== undefined);
      const sorted = registers.toSorted((a, b) =>
        a.table === b.table ? a.from - b.from : a.table.localeCompare(b.table),
      );
      for (const [index, { table, from, count, name }] of sorted.entries()) {
        const next = sorted[index + 1];
        if (next?.table !== table) continue;
        expect(from + count, `${name} runs into ${next.name}`).toBeLessThanOrEqual(next.from);
      }
    }
  });

  it("names its sources, says what each point means, and claims no hardware", () => {
    const meanings = Object.values(profile.points).map(({ meaning }) => meaning);
    expect(meanings.every((meaning) => meaning !== undefined)).toBe(true);
    expect(new Set(meanings).size).toBe(meanings.length);
    const addresses = Object.values(profile.points).map(({ address }) => address);
    if (profile.driver !== "modbus") expect(new Set(addresses).size).toBe(addresses.length);
    if (verified === "second source") expect(Object.keys(sources).length).toBeGreaterThan(1);
    expect(verified).not.toBe("hardware");
    const used = new Set(Object.values(profile.points).flatMap(({ scaledBy = [] }) => scaledBy));
    expect([...used].toSorted()).toEqual(Object.keys(profile.parameters).toSorted());
  });
});

describe("what a profile gives", () => {
  const point = async (id: string, name: string, use = {}) =>
    applyProfile(shipped(id), { ...plain, ...use }).points[name];

  it("a document's number becomes the wire address", async () => {
    expect(await point("schneider-iem3000", "power")).toMatchObject({ address: "holding:3059" });
  });

  it("CT and PT multiply the scale exactly", async () => {
    const use = { parameters: { ct: 40, pt: 100 } };
    expect(await point("acrel-adl400", "power", use)).toMatchObject({ scale: 4 });
    expect(await point("acrel-adl400", "current-l1", use)).toMatchObject({ scale: 0.4 });
    expect(await point("acrel-adl400", "voltage-l1")).toMatchObject({ scale: 0.1 });
  });

  it("a variant moves registers and changes tables", async () => {
    const use = { variant: "b" };
    expect(await point("chint-dtsu666", "energy-import")).toMatchObject({
      address: "holding:4126",
    });
    expect(await point("chint-dtsu666", "energy-import", use)).toMatchObject({
      address: "holding:16414",
      unit: "kWh",
    });
    const ws100 = await point("orno-we525", "power", { variant: "ws100" });
    expect(ws100).toMatchObject({ address: "holding:260" });
  });

  it("sentinels fit the point's type, the word order is the device's", async () => {
    expect(await point("abb-b23", "energy-import")).toMatchObject({ nan: ["0xFFFFFFFFFFFFFFFF"] });
    expect(await point("abb-b23", "frequency")).toMatchObject({ nan: [0xffff] });
    const { device } = applyProfile(shipped("carlo-gavazzi-em24"), plain);
    expect(device).toEqual({ maxGap: 4, order: "CDAB" });
  });
});

describe("a broken profile", () => {
  it("is refused with every mistake", () => {
    const text = "id: a\nmanufacturer: x\npoints: { p: { address: -1, typ: int16 } }";
    expect(() => readProfile(text, "a")).toThrow(/model.*address.*typ/s);
  });

  it("is refused if its id is not its file's", async () => {
    const text = await textOf("eastron-sdm630");
    expect(() => readProfile(text, "other")).toThrow('its id is "eastron-sdm630"');
  });
});
