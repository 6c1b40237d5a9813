import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cjt188Driver } from "@headgate/drivers/cjt188";
import { dlt645Driver } from "@headgate/drivers/dlt645";
import { type Context, type Driver, silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { type PythonMeterLine, startMeterLine } from "./peers/meter-line.ts";

const METER = "000012345678";
const WATER = "78330011223344";
const HEAT = "78330011223345";
const energy = { "00010000": [4, "123456.78"] } as const;

// Volume, volume of the settlement day, time, status: as a published capture has them.
const WATER_DATA = "00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 05 00";
const HEAT_DATA = `00 00 01 00 05 78 56 34 12 08 50 12 00 00 17 34 12 00 00 35 00 00 02 00 2C
  25 71 00 50 43 00 10 27 00 59 30 12 25 11 26 20 00 00`.replaceAll("\n", "");

const context: Context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};

function pointOf(driver: Driver, device: unknown, settings: { address: string }) {
  return { id: `meter/${settings.address}`, address: driver.addressSchema.parse(settings), device };
}

const anyDriver = (driver: unknown) => driver as Driver;

describe("an electricity meter written in Python", () => {
  driverContract(it, async () => {
    const line = await startMeterLine({
      dlt645: {
        baudRate: 2400,
        meters: { [METER]: { items: { ...energy, "02010100": [2, "230.1"] } } },
      },
    });
    const driver = anyDriver(dlt645Driver);
    const device = driver.deviceSchema?.parse({ meter: METER });
    return {
      driver,
      context,
      config: driver.configSchema.parse({ path: line.path, timeout: "5 s" }),
      points: [
        pointOf(driver, device, { address: "energy.active.import" }),
        pointOf(driver, device, { address: "voltage.l1n" }),
      ],
      pointRefusedByDevice: pointOf(driver, device, { address: "frequency" }),
      cutLine: () => line.stop(),
      tearDown: () => line.stop(),
    };
  });
});

describe("a water meter written in Python", () => {
  driverContract(it, async () => {
    const line = await startMeterLine({
      cjt188: {
        baudRate: 2400,
        meters: { [WATER]: { kind: "10", items: { "901F": WATER_DATA } } },
      },
    });
    const driver = anyDriver(cjt188Driver);
    const device = driver.deviceSchema?.parse({ meter: WATER, kind: "cold-water" });
    return {
      driver,
      context,
      config: driver.configSchema.parse({ path: line.path, timeout: "5 s" }),
      points: [
        pointOf(driver, device, { address: "volume.total" }),
        pointOf(driver, device, { address: "valve" }),
      ],
      cutLine: () => line.stop(),
      tearDown: () => line.stop(),
    };
  });
});

interface View {
  readonly id: string;
  readonly value: unknown;
  readonly unit: string;
  readonly quality: string;
  readonly reason: string | null;
}

const broken = {
  silent: /^timeout: no answer from meter \d{12} within 500 ms$/,
  late: /^timeout: /,
  "other-number": /, but from another or to another request$/,
  garbled: /but bytes that are no frame; check baudRate and parity$/,
  "no-digits": /^no decimal digits \(0xEAEAEAEA\)$/,
  filled: /^not available \(filled with FF\)$/,
  refusing: /^item 00010000 \(energy\.active\.import\): no such data \(error 02\); /,
} as const;
const faults = Object.keys(broken) as (keyof typeof broken)[];
const brokenNumber = (index: number) => `0000000010${String(index).padStart(2, "0")}`;

/** As a person would write it: three protocols on the same two cores, two with a rate of theirs. */
function yamlOf(path: string): string {
  const devices = faults.map((fault, index) => {
    const points = "points: { energy: { address: energy.active.import } }";
    const meter = `meter: "${brokenNumber(index)}"`;
    // Those that do answer get the time for it on a busy machine.
    const timeout = fault === "silent" || fault === "late" ? "500 ms" : "2 s";
    return `  ${fault}: { channel: power, ${meter}, timeout: ${timeout}, ${points} }`;
  });
  return `
gateway: { id: meters }
buffer: { path: ./data }
channels:
  bus-1: { driver: modbus-rtu, path: ${path}, baudRate: 9600, timeout: 5 s }
  power: { driver: dlt645, path: ${path}, timeout: 5 s }
  water: { driver: cjt188, path: ${path}, baudRate: 115200, timeout: 5 s }
devices:
  pump: { channel: bus-1, unitId: 3, points: { temperature: { address: "holding:0", scale: 0.1 } } }
  main-meter:
    channel: power
    meter: "12345678"
    ct: 40
    points:
      import: { address: energy.active.import }
      peak: { address: energy.active.import.t2 }
      power: { address: power.active.total, unit: Kilowatt }
      current: { address: "02020100" }
      demand: { address: "01010000" }
      when: { address: "01010000:time" }
      own: { address: "0F010203", format: XX.XX, signed: true }
  stable-water:
    channel: water
    meter: "${WATER}"
    kind: cold-water
    points:
      volume: { address: volume.total }
      valve: { address: valve }
      battery: { address: battery.low }
  heating:
    channel: water
    meter: "${HEAT}"
    kind: heat
    points:
      heat: { address: energy.heat }
      flow: { address: flow.volume }
      supply: { address: temperature.supply }
      hours: { address: time.operation }
${devices.join("\n")}
uplinks:
  cloud: { type: mqtt, url: "mqtts://broker.example:8883" }
`;
}

describe("electricity, water, heat and Modbus on one line", () => {
  let folder = "";
  let config = "";
  let line: PythonMeterLine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "headgate-meters-"));
    const brokenMeters = faults.map((fault, index) => {
      return [brokenNumber(index), { fault, items: energy }] as const;
    });
    const main = {
      frameBytes: 6,
      items: {
        ...energy,
        "0001FF00": "78 56 34 12 11 00 00 00 22 00 00 00 33 00 00 00 44 00 00 00",
        "02030000": [3, "-1.2345"],
        "02020100": [3, "-0.123"],
        "01010000": "50 12 03 45 10 25 11 26",
        "0F010203": [2, "-12.34"],
      },
    } as const;
    line = await startMeterLine({
      dlt645: { baudRate: 2400, meters: { [METER]: main, ...Object.fromEntries(brokenMeters) } },
      cjt188: {
        baudRate: 115_200,
        meters: {
          [WATER]: { kind: "10", fault: "noise", items: { "901F": WATER_DATA } },
          [HEAT]: { kind: "20", items: { "901F": HEAT_DATA } },
        },
      },
      modbus: { baudRate: 9600, units: { 3: { 0: 215 } } },
    });
    config = join(folder, "gateway.yaml");
    await writeFile(config, yamlOf(line.path));
  });
  afterAll(async () => {
    await line?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (...names: string[]) => {
    const { out, err } = await headgate("read", "-c", config, "--json", ...names);
    expect(err).toBe("");
    const views = JSON.parse(out) as View[];
    return Object.fromEntries(views.map(({ id, reason, ...view }) => [id, { ...view, reason }]));
  };

  it("reads all of them, each at its own rate, with the units of the tables", async () => {
    const views = await read("pump", "main-meter", "stable-water", "heating");
    const shown = Object.entries(views).map(([id, { value, unit, reason }]) => {
      return [id, reason ?? value, unit] as const;
    });
    expect(shown.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["heating/flow", 0.1234, "m³/h"],
      ["heating/heat", 123_456_780, "kWh"],
      ["heating/hours", 2710, "h"],
      ["heating/supply", 71.25, "°C"],
      ["main-meter/current", -4.92, "A"],
      ["main-meter/demand", 125, "kW"],
      ["main-meter/import", 4_938_271.2, "kWh"],
      ["main-meter/own", -12.34, ""],
      ["main-meter/peak", 8.8, "kWh"],
      ["main-meter/power", -49.38, "Kilowatt"],
      ["main-meter/when", "2026-11-25T10:45", ""],
      ["pump/temperature", 21.5, ""],
      ["stable-water/battery", true, ""],
      ["stable-water/valve", "closed", ""],
      ["stable-water/volume", 556_677, "m³"],
    ]);
  });

  it("shows each broken meter as one bad sample with its reason, its neighbours good", async () => {
    const views = await read(...faults, "main-meter/import");
    expect(views["main-meter/import"]).toMatchObject({ quality: "good", value: 4_938_271.2 });
    for (const fault of faults) {
      const view = views[`${fault}/energy`];
      expect(view, fault).toMatchObject({ quality: "bad", value: null });
      expect(view?.reason, fault).toMatch(broken[fault]);
    }
  });

  it("the example of the documentation is found good", async () => {
    const page = new URL("../../docs/meters-china.md", import.meta.url);
    const example = /```yaml\n(.*?)```/s.exec(await readFile(page, "utf8"))?.[1] ?? "";
    const copy = join(folder, "copy.yaml");
    await writeFile(copy, `gateway: { id: meters }\n${example}`);
    const { code, out } = await headgate("check", "-c", copy);
    expect(out).toMatch(/is good: 4 channels/);
    expect(code).toBe(0);
  });
});
