import { type Sample, silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualMeterLine, type VirtualMeterLine } from "../../testing/virtual-meter-line.ts";
import { cjt188TcpDriver } from "./driver.ts";
import { cjt188 } from "./reader.ts";
import type { Device } from "./settings.ts";

const WATER = "78330011223344";
const HEAT = "78330011223345";
const ODD = "00000040314132";
const context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};

const deviceOf = (settings: object): Device => {
  if (!cjt188TcpDriver.deviceSchema) throw new Error("the driver has a device schema");
  return cjt188TcpDriver.deviceSchema.parse(settings);
};
const water = deviceOf({ meter: WATER, kind: "cold-water" });
const heat = deviceOf({ meter: HEAT, kind: "heat" });

type Settings = { address: string; format?: string };

function point(settings: Settings | string, device = water) {
  const written = typeof settings === "string" ? { address: settings } : settings;
  const id = `meter/${written.address}`;
  return { id, address: cjt188TcpDriver.addressSchema.parse(written), device };
}

// As published by makers' users: a water meter, a heat meter, and one that turns things round.
const WATER_DATA = "00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84";
const HEAT_DATA = `78 56 34 12 05 78 56 34 12 05 78 56 34 12 17 78 56 34 12 35 78 56 34 12 2C
  56 34 12 56 34 12 56 34 12 20 14 03 18 12 56 59 00 00`.replaceAll("\n", "");
const ODD_DATA = `08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 34 10 00 00
  35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00`.replaceAll("\n", "");

const shown = (samples: readonly Sample[]) =>
  samples.map((sample) => (sample.quality === "bad" ? sample.reason : sample.value));

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

function createLine(waterData = WATER_DATA) {
  return createVirtualMeterLine({
    volume: {
      [WATER]: { kind: 0x10, items: { "901F": waterData, D120: "45 23 01 00 2C" } },
      [HEAT]: { kind: 0x20, items: { "901F": HEAT_DATA } },
    },
  });
}

const configOf = (port: number, settings = {}) =>
  cjt188TcpDriver.configSchema.parse({ host: "127.0.0.1", port, turnaround: 1, ...settings });

describe("a virtual water meter", () => {
  driverContract(it, async () => {
    const line = createLine();
    const port = await line.listen();
    return {
      driver: cjt188TcpDriver,
      context,
      config: configOf(port, { timeoutsMax: 1 }),
      points: [point("volume.total"), point("valve"), point("energy.heat", heat)],
      pointRefusedByDevice: point({ address: "D121", format: "XXXXXX.XX" }),
      cutLine: () => line.unplug(),
      tearDown: () => line.close(),
    };
  });
});

describe("reading water and heat meters", () => {
  let line: VirtualMeterLine;
  let port = 0;
  beforeEach(async () => {
    line = createLine();
    port = await line.listen();
  });
  afterEach(() => line.close());

  async function read(points: ReturnType<typeof point>[], settings = {}) {
    const connection = await cjt188TcpDriver.open(configOf(port, settings), context);
    try {
      return shown([...(await connection.read(points, context.signal))]);
    } finally {
      await connection.close();
    }
  }

  it("gives a water meter's values in one request", async () => {
    const names = ["volume.total", "volume.settlement", "time", "status", "valve", "battery.low"];
    expect(await read(names.map((name) => point(name)))).toEqual([
      556_677,
      556_677,
      "2015-05-11T22:01:31",
      0x8421,
      "closed",
      false,
    ]);
    expect(line.requestCounts.get(WATER)).toBe(1);
  });

  it("gives a heat meter's values in their units, and no time that is none", async () => {
    const names = ["energy.heat", "power.heat", "flow.volume", "volume.total"];
    const more = ["temperature.supply", "temperature.return", "time.operation", "time"];
    expect(await read([...names, ...more].map((name) => point(name, heat)))).toEqual([
      123_456.78,
      123_456.78,
      1_234.5678,
      123_456.78,
      1_234.56,
      1_234.56,
      123_456,
      "no time (0x59561218031420)",
    ]);
  });

  it("converts heat to the unit that is wanted", async () => {
    const inGigajoule = deviceOf({ meter: HEAT, kind: "20", energyUnit: "GJ" });
    expect(await read([point("energy.heat", inGigajoule)])).toEqual([444.444408]);
    const address = cjt188TcpDriver.addressSchema.parse({ address: "energy.heat" });
    expect(cjt188TcpDriver.unitOf?.(address, inGigajoule)).toBe("GJ");
  });

  it("reads an item of one's own, with its place and format", async () => {
    expect(await read([point({ address: "D120", format: "XXXXXX.XX" })])).toEqual([123.45]);
  });

  it.each([
    ["00 77 66 55 77", {}, "unit code 77 is not known; write unitCode: as it is meant"],
    ["00 77 66 55 05", {}, "unit code 05 (kWh) is none of volume; write unitCode: as it is meant"],
    ["00 77 66 55 77", { unitCode: "2C" }, 556_677],
    ["00 77 66 55 29", {}, 556.677],
    ["00 77 66 55 2C", { format: "XXXXX.XXX" }, 55_667.7],
    ["FF FF FF FF 2C", {}, "not available (filled with FF)"],
    ["00 7A 66 55 2C", {}, "no decimal digits (0x55667A00)"],
  ])("%s %o reads %s", async (start, settings, value) => {
    await line.close();
    line = createLine(`${start}${WATER_DATA.slice(start.length)}`);
    port = await line.listen();
    expect(await read([point({ address: "volume.total", ...settings })])).toEqual([value]);
  });

  it("does not read a meter as what it is not", async () => {
    const wrong = deviceOf({ meter: WATER, kind: "heat", timeout: 100 });
    const [reason] = await read([point("energy.heat", wrong)]);
    expect(reason).toMatch(/^timeout: no answer from meter 78330011223344 within 100 ms$/);
    expect(await read([point("energy.heat")])).toEqual(["a meter of this kind has no energy.heat"]);
  });

  it.each([
    ["silent", { isSilent: true }, /^timeout: /],
    ["under another number", { answersAs: "00000000000001" }, /but from another/],
    ["garbled", { isGarbled: true }, /no frame; check baudRate and parity$/],
    ["truncated", { truncatedTo: 20 }, /no frame; check baudRate and parity$/],
    [
      "refusing",
      { refusal: 0x21 },
      /^item 901F of cold-water: the meter refuses \(status 2100\); check /,
    ],
  ])("gives no value while the meter is %s", async (_name, faults, reason) => {
    Object.assign(line.faults(WATER), faults);
    const [told] = await read([point("volume.total")], { timeout: 300, timeoutsMax: 100 });
    expect(told).toMatch(reason);
  });
});

describe("a heat meter that sends item and unit the other way round", () => {
  const device = deviceOf({ meter: ODD, kind: "heat", swappedItem: true, unitFirst: true });
  const frame = bytes(`68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 ${ODD_DATA} 31 16`);
  const question = { kind: 0x20, meter: ODD, item: "901F", serial: 1, isItemSwapped: true };

  it("is read with two settings", () => {
    const answer = cjt188.protocol.judge(frame, question);
    const data = answer?.kind === "data" ? answer.data : new Uint8Array();
    const reader = cjt188.createReader(undefined as never);
    const values = ["energy.heat", "volume.total", "temperature.supply", "time"].map((name) =>
      reader.decode(point(name).address, "901F", { device, data }),
    );
    expect(values).toEqual([
      { value: 20 },
      { value: 10.34 },
      { value: 25.35 },
      { value: "2015-07-10T12:00:53" },
    ]);
  });
});

describe("settings of water and heat meters", () => {
  const messageOf = (parse: () => unknown): string => {
    try {
      parse();
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
    return "";
  };

  it.each([
    [{ address: "volume" }, "is not understood; write an item"],
    [{ address: "D120" }, "has no format"],
    [{ address: "volume.total", skip: 2 }, "skip goes with an item"],
    [{ address: "volume.total", format: "XX.XX" }, "has 4 bytes"],
    [{ address: "volume.total", unitCode: "m3" }, "two hex digits"],
  ])("%o is a mistake: %s", (settings, words) => {
    expect(messageOf(() => cjt188TcpDriver.addressSchema.parse(settings))).toContain(words);
  });

  it.each([
    ["cold-water", 0x10],
    ["heat", 0x20],
    ["19", 0x19],
    ["3A", 0x3a],
  ])("the kind %s is %d", (written, kind) => {
    expect(deviceOf({ meter: WATER, kind: written }).kind).toBe(kind);
  });

  it.each(["warm", "5", "FF"])("%j is no kind of meter", (written) => {
    expect(messageOf(() => deviceOf({ meter: WATER, kind: written }))).toContain(
      "is no kind of meter",
    );
  });
});
