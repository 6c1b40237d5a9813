import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, tablesOfPoints } from "@headgate/drivers/testing";
import { silentLog, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { readOnce } from "../../src/commands/read.ts";
import { applyProfile } from "../../src/config/apply-profile.ts";
import { loadConfig } from "../../src/config/load.ts";
import { loadShippedProfiles } from "../../src/config/profile.ts";
import type { Profile } from "../../src/config/profile-schema.ts";

// Whether a profile's facts are right is for register-facts.test.ts: here all of the way back.

type FilePoint = Readonly<Record<string, unknown>>;

/** A number whose bytes all differ, so that no order passes for another; negative where it may. */
function rawFor(type: string, index: number): number {
  if (type === "float32" || type === "float64") return 1000.25 + index;
  const raw = { "16": 0x0102, "32": 0x01020304, "64": 0x05060708090a }[type.slice(-2)] ?? 1;
  return type.startsWith("int") && index % 2 === 1 ? -raw - index : raw + index;
}

function wantedOf({ type, scale = 1, offset = 0 }: FilePoint, index: number): number {
  return rawFor(String(type ?? "uint16"), index) * Number(scale) + Number(offset);
}

/** Every variant of a profile: its settings in the configuration, its points, its own order. */
function devicesOf(profile: Profile) {
  const variants = [null, ...Object.keys(profile.variants)];
  return variants.map((variant) => {
    const use = { variant, parameters: {}, groups: null };
    const { device, points } = applyProfile(profile, use);
    const settings = { channel: "a", profile: profile.id, ...(variant && { variant }) };
    const id = variant === null ? profile.id : `${profile.id}.${variant}`;
    return { id, settings, points, order: String(device.order ?? "ABCD") };
  });
}

it("every Modbus profile, made a virtual meter, is read back over TCP", async () => {
  const shipped = await loadShippedProfiles();
  // SunSpec's points have no place before the device tells its models; they have a test apart.
  const profiles = shipped.filter(({ driver, id }) => driver === "modbus" && id !== "sunspec");
  const devices = profiles.flatMap(devicesOf).map((one, index) => ({ ...one, unitId: index + 1 }));
  const units = devices.map(({ unitId, points, order }) => {
    const wanted = Object.values(points).map((point, index) => {
      return { ...point, address: String(point.address), value: wantedOf(point, index) };
    });
    return [unitId, tablesOfPoints(wanted, order)] as const;
  });
  const meter = createVirtualMeter({ units: Object.fromEntries(units) });
  try {
    const port = await meter.listen();
    const given = {
      gateway: { id: "g" },
      channels: { a: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "30 s" } },
      devices: Object.fromEntries(
        devices.map(({ id, settings, unitId }) => [id, { ...settings, unitId }]),
      ),
    };
    const views = await readAll(given);
    const wrong = devices.flatMap(({ id, points }) =>
      Object.entries(points).flatMap(([name, point], index) => {
        const view = views.get(`${id}/${name}`);
        const wanted = wantedOf(point, index);
        const isOff = Math.abs(Number(view?.value) - wanted) > Math.abs(wanted) * 1e-15;
        return view?.quality !== "good" || isOff ? [{ id, name, wanted, view }] : [];
      }),
    );
    expect(wrong).toEqual([]);
    expect(profiles.length).toBeGreaterThan(50);
    expect(views.size).toBeGreaterThan(1_000);
  } finally {
    await meter.close();
  }
});

async function readAll(given: object) {
  const { config, problems } = await loadConfig(given, { drivers: builtinDrivers, uplinks: {} });
  if (!config) throw new Error(JSON.stringify(problems, null, 1));
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const { views } = await readOnce(config, [], context);
  return new Map(views.map((view) => [view.id, view]));
}
