import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./load.ts";

const MINE = `
id: test-meter
manufacturer: M
models: [X]
name: { en: Meter, zh: 表 }
driver: modbus
sources: { test: a test }
verified: manual
unitId: 7
points: { power: { address: 3, unit: W, meaning: power.active.total } }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-profiles-"));
  await mkdir(join(folder, "profiles"));
  await writeFile(join(folder, "mine.yaml"), MINE);
  await writeFile(join(folder, "profiles/broken-meter.yaml"), MINE.replace("models: [X]\n", ""));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(device: object) {
  const given = {
    gateway: { id: "g" },
    channels: { a: { driver: "modbus-rtu", path: "/dev/ttyUSB0" } },
    devices: { d: { channel: "a", ...device } },
  };
  const catalogue = { drivers: builtinDrivers, uplinks: {} };
  const { config, problems } = await loadConfig(given, catalogue, {
    directory: folder,
    lang: "en",
  });
  const points = config?.channels[0]?.devices[0]?.points ?? [];
  const errors = problems.filter(({ severity }) => severity === "error");
  return {
    names: points.map(({ name }) => name),
    byName: new Map(points.map((one) => [one.name, one])),
    errors: errors.map(({ path, message }) => `${path}: ${message}`),
  };
}

describe("a device with a profile", () => {
  it("has points that know what they mean and what is plausible, in their own unit", async () => {
    const points = { power: { unit: "kW", scale: 0.001 }, extra: { address: "coil:1" } };
    const { byName } = await load({ profile: "eastron-sdm630", points });
    const senseOf = (name: string) => byName.get(name)?.sense;
    expect(senseOf("voltage-l1")).toEqual({ meaning: "voltage.l1n", plausible: [50, 300] });
    expect(senseOf("energy-import")).toMatchObject({ plausible: [0, 1e10] }); // kWh
    expect(senseOf("power")).toEqual({ meaning: "power.active.total", plausible: null });
    expect(senseOf("extra")).toBeUndefined();
  });

  it("takes the shipped points, and its own settings win key by key", async () => {
    const points = { "voltage-l1": { deadband: 0.5 }, extra: { address: "coil:1" } };
    const { byName } = await load({ profile: "eastron-sdm630", points });
    expect([...byName.keys()]).toContain("extra");
    expect(byName.get("voltage-l1")).toMatchObject({
      unit: "V",
      condition: { deadband: 0.5 },
      acquisition: { intervalMs: 1_000 },
      point: {
        address: { table: "input", from: 0, type: "float32" },
        device: { maxRegisters: 80 },
      },
    });
    expect(byName.get("energy-import")).toMatchObject({ acquisition: { intervalMs: 10_000 } });
  });

  it("may want some groups only, and leave single points out", async () => {
    const points = { "energy-import": null };
    const { names } = await load({ profile: "acrel-adw300", groups: ["energy"], points });
    expect(names).toEqual(["energy-export"]);
  });

  it("may name a file of its own", async () => {
    const { byName } = await load({ profile: "./mine.yaml" });
    expect(byName.get("power")?.point).toMatchObject({
      address: { table: "holding", from: 3 },
      device: { unitId: 7 },
    });
  });

  it("that is broken, or no file, says why", async () => {
    const broken = await load({ profile: "broken-meter" });
    expect(broken.errors.join()).toMatch(/profile "broken-meter" is broken: models: /);
    const missing = await load({ profile: "./other.yaml" });
    expect(missing.errors.join()).toMatch(/profile ".\/other.yaml" is broken: .*ENOENT/);
  });

  it("knows groups by name", async () => {
    const { errors } = await load({ profile: "acrel-adw300", groups: ["energies"] });
    expect(errors.join()).toMatch(/groups.*energies/);
    expect((await load({ groups: ["energy"] })).errors.join()).toMatch(/only with a profile/);
  });
});
