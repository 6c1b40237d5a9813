import { cjt188Driver } from "@headgate/drivers/cjt188";
import { dlt645Driver } from "@headgate/drivers/dlt645";
import { modbusRtuDriver } from "@headgate/drivers/modbus";
import {
  createVirtualMeter,
  createVirtualMeterLine,
  openVirtualLine,
} from "@headgate/drivers/testing";
import { type Driver, silentLog, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { citedTables, readCitedFacts } from "../../testing/profiles/cited-meters.ts";
import { loadShippedProfiles } from "../config/profile.ts";
import { callLine } from "./call-lines.ts";
import { findOnSerial } from "./find-serial.ts";
import type { FindEvent, FoundDevice } from "./found-device.ts";
import { snippetOf } from "./snippet.ts";

// One line with a Modbus meter and meters of the Chinese standards, as people wire them.

const ELECTRICITY = "000012345678";
const WATER = "78330011223344";
const HEAT = "78330011223345";
/** Long: a machine with other work answers late. */
const TIMEOUT_MS = 1500;

/** A three-phase meter: digits of each item, low byte first. Blocks it has none, nor a tariff 4. */
const ITEMS = {
  "00010000": "78 56 34 12",
  "00010100": "01 00 00 00",
  "00010200": "02 00 00 00",
  "00010300": "03 00 00 00",
  "00020000": "00 00 00 00",
  "02010100": "01 23",
  "02010200": "12 23",
  "02010300": "98 22",
  "02020100": "34 12 00",
  "02020200": "34 12 00",
  "02020300": "34 12 00",
  "02030000": "56 34 12",
  "02030100": "50 34 02",
  "02030200": "50 34 02",
  "02030300": "50 34 02",
  "02060000": "98 09",
  "02800002": "98 49",
};
const WATER_DATA = "00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 05 00";
const HEAT_DATA = `00 00 01 00 05 78 56 34 12 08 50 12 00 00 17 34 12 00 00 35 00 00 02 00 2C
  25 71 00 50 43 00 10 27 00 59 30 12 25 11 26 20 00 00`.replaceAll("\n", "");

async function openLine() {
  const line = await openVirtualLine({ baudRate: 19_200, parity: "none" });
  const facts = await readCitedFacts();
  const modbus = createVirtualMeter({
    units: { 2: citedTables(facts.get("eastron-sdm120") ?? []) },
  });
  await modbus.attach(await line.station());
  const meters = createVirtualMeterLine({
    electricity: { [ELECTRICITY]: { items: ITEMS } },
    volume: { [WATER]: { kind: 0x10, items: { "901F": WATER_DATA } } },
  });
  // A word that is lost is no word that there is nothing.
  meters.faults(ELECTRICITY).silentAbout = ["00020000"];
  await meters.attach(await line.station());
  const heat = createVirtualMeterLine({
    volume: { [HEAT]: { kind: 0x20, items: { "901F": HEAT_DATA } } },
  });
  // It speaks later than the other, as meters that do not garble each other do.
  heat.faults(HEAT).delayMs = 300;
  await heat.attach(await line.station());
  const close = async () => {
    for (const one of [modbus, meters, heat, line]) await one.close();
  };
  return { path: line.path, modbus, meters, close };
}

it("finds electricity, water and heat meters beside a Modbus meter on one line", async () => {
  const { path, meters, close } = await openLine();
  const settings = { path, baudRate: 19_200, parity: "none" };
  const lineOf = (driver: unknown, name: string) => {
    return { ...callLine(driver as Driver, settings, name), timeoutMs: TIMEOUT_MS };
  };
  const signal = new AbortController().signal;
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const found = new Map<string, FoundDevice>();
  const events: FindEvent[] = [];
  const emit = (event: FindEvent) => {
    events.push(event);
    if (event.kind === "found") found.set(event.found.where, event.found);
  };
  const wish = {
    settings: [lineOf(modbusRtuDriver, "modbus")],
    calls: [lineOf(dlt645Driver, "dlt645"), lineOf(cjt188Driver, "cjt188")],
    ...{ unitIds: [1, 2], likelyCount: 2, lookMs: () => TIMEOUT_MS },
    ...{ isAll: false, countMax: 100 },
  };
  try {
    const shipped = await loadShippedProfiles();
    const profiles = shipped.filter(({ id }) => /^(eastron-sdm1|dlt645|cjt188)/.test(id));
    await findOnSerial(wish, { profiles, context, emit });
  } finally {
    await close();
  }
  const told = [...found.values()].map(({ where, verdict, proposals }) => {
    return [where, verdict, ...proposals.map(({ profile, variant }) => `${profile} ${variant}`)];
  });
  expect(told).toEqual([
    ["modbus unit 2", "one", "eastron-sdm120 null"],
    [`dlt645 meter ${ELECTRICITY}`, "one", "dlt645-meter three-phase"],
    [`cjt188 meter ${WATER}`, "one", "cjt188-water null"],
    [`cjt188 meter ${HEAT}`, "one", "cjt188-heat null"],
  ]);
  const absent = [...found.values()].flatMap(({ proposals }) => proposals[0]?.absent ?? []);
  expect(absent).toEqual(["energy-import-t4"]);
  const values = [...found.values()].flatMap(({ proposals }) => proposals[0]?.values ?? []);
  expect(values.map(({ value, unit }) => `${value} ${unit}`)).toEqual(
    expect.arrayContaining(["230.1 V", "123456.78 kWh", "49.98 Hz"]),
  );
  expect(events[0]).toMatchObject({ kind: "plan", lookCount: 2 + 4 + 4 });
  // Nobody took a question of another protocol for one of its own.
  expect(meters.requestCounts.get(WATER)).toBeLessThan(10);
  const pasted = snippetOf([...found.values()]);
  expect(pasted).toContain(`meter: "${ELECTRICITY}"`);
  expect(pasted).toContain("driver: cjt188");
  expect(pasted).toMatch(/points:\n +energy-import-t4: null/);
  expect(pasted).toMatch(/kind: cold-water\n +profile: cjt188-water/);
}, 240_000);
