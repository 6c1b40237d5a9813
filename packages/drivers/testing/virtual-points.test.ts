import { silentLog, systemClock } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { addressSchema } from "../src/modbus/address.ts";
import {
  modbusAsciiDriver,
  modbusRtuDriver,
  modbusRtuOverTcpDriver,
  modbusTcpDriver,
} from "../src/modbus/driver.ts";
import { deviceSchema } from "../src/modbus/settings.ts";
import { openVirtualLine } from "./virtual-line.ts";
import { createVirtualMeter } from "./virtual-meter.ts";
import { putPoint, tablesOfPoints, type VirtualPoint } from "./virtual-points.ts";

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"];
const places = [
  { address: "holding:0", type: "uint16", scale: 0.1 },
  { address: "holding:1", type: "int32", scale: 0.01, offset: -40 },
  { address: "holding:3", type: "float32" },
  { address: "holding:5", type: "float64", order: "EFGHABCD" },
  { address: "holding:9", type: "uint64" },
  { address: "holding:13", type: "bit", bit: 3 },
  { address: "holding:13", type: "bits", mask: 0xf00 },
  { address: "holding:14", type: "uint8", byte: "high" },
  { address: "holding:14", type: "int8" },
  { address: "holding:15", type: "string", length: 3 },
  { address: "holding:18", type: "bcd32" },
  { address: "input:20", type: "float16" },
  { address: "input:21", type: "int16", nan: 0x8000 },
  { address: "coil:7" },
  { address: "discrete:8" },
];
const values = [230.1, -41.5, 50.02, -1.5, 2n ** 60n + 1n, true, 9, 200, -3, "AB12x", 12_345_678];
const wanted = [...values, -0.5, null, true, true];
const raws = [2301, -150, ...values.slice(2), -0.5, null, true, true];
const points = places.map((place, index): VirtualPoint => {
  return { ...place, value: wanted[index] ?? null };
});

type Transport = "tcp" | "rtu over tcp" | "rtu" | "ascii";

/** A connection to a meter of these points, over this transport. */
async function connect(transport: Transport, order: string) {
  const meter = createVirtualMeter({ units: { 1: tablesOfPoints(points, order) } });
  ends.push(() => meter.close());
  if (transport === "tcp" || transport === "rtu over tcp") {
    const framing = transport === "tcp" ? "tcp" : "rtu";
    const settings = { host: "127.0.0.1", port: await meter.listen({ framing }), timeout: "5 s" };
    if (framing === "rtu") {
      const config = modbusRtuOverTcpDriver.configSchema.parse(settings);
      return modbusRtuOverTcpDriver.open(config, context);
    }
    return modbusTcpDriver.open(modbusTcpDriver.configSchema.parse(settings), context);
  }
  const line = await openVirtualLine({ baudRate: 115_200 });
  ends.push(() => line.close());
  await meter.attach(await line.station(), { framing: transport });
  const driver = transport === "rtu" ? modbusRtuDriver : modbusAsciiDriver;
  const settings = { path: line.path, baudRate: 115_200, timeout: "5 s" };
  return driver.open(driver.configSchema.parse(settings), context);
}

describe("a virtual meter made of points", () => {
  it.each([
    ...ORDERS.map((order) => ["tcp", order] as const),
    ["rtu over tcp", "CDAB"] as const,
    ["rtu", "ABCD"] as const,
    ["ascii", "DCBA"] as const,
  ])("says over %s, in order %s, what was wanted", async (transport, order) => {
    const connection = await connect(transport, order);
    ends.push(() => connection.close());
    const device = deviceSchema.parse({ unitId: 1, order });
    const asked = places.map(({ scale: _scale, offset: _offset, ...place }, index) => {
      return { id: `meter/${index}`, address: addressSchema.parse(place), device };
    });
    const samples = [...(await connection.read(asked, signal))];
    expect(samples.map(({ value }) => value)).toEqual(raws);
    expect(samples[12]).toMatchObject({ reason: "not available (0x8000)" });
  });
});

describe("points", () => {
  it("change while the meter is read, and leave their neighbours alone", () => {
    const tables = tablesOfPoints(points);
    putPoint(tables, { address: "holding:13", type: "bit", bit: 3, value: false });
    expect(tables.holding?.read(13, 1)).toEqual([0x0900]);
  });

  it("of other values cannot share a register", () => {
    const both = [
      { address: "holding:0", type: "uint32", value: 1 },
      { address: "holding:1", value: 2 },
    ];
    expect(() => tablesOfPoints(both)).toThrow("holding:0 shares registers");
  });

  it.each([
    [{ address: "holding:0", value: 70_000 }, "does not fit"],
    [{ address: "holding:0", value: null }, "has no nan"],
    [{ address: "sunspec:103/W", value: 1 }, "no place of its own"],
  ])("that cannot be are refused: %j", (point, said) => {
    expect(() => tablesOfPoints([point])).toThrow(said);
  });
});
