import { silentLog, systemClock } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { modbusRtuDriver } from "../src/modbus/driver.ts";
import { openVirtualLine, type VirtualLine, type VirtualLineOptions } from "./virtual-line.ts";
import { createVirtualMeter } from "./virtual-meter.ts";

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openLine(options: VirtualLineOptions): Promise<VirtualLine> {
  const line = await openVirtualLine(options);
  ends.push(() => line.close());
  return line;
}

/** A meter whose registers hold their own address, added to `first`. */
async function addMeter(line: VirtualLine, unitId: number, first = 0): Promise<void> {
  const meter = createVirtualMeter({ units: { [unitId]: { holding: (at) => first + at } } });
  await meter.attach(await line.station());
  ends.push(() => meter.close());
}

async function openPort(line: VirtualLine, settings: object = {}) {
  const own = { path: line.path, turnaround: 1, timeout: 300, ...settings };
  const connection = await modbusRtuDriver.open(modbusRtuDriver.configSchema.parse(own), context);
  ends.push(() => connection.close());
  return connection;
}

type Port = Awaited<ReturnType<typeof openPort>>;

async function read(port: Port, unitId: number, from: number) {
  const address = modbusRtuDriver.addressSchema.parse({ address: `holding:${from}` });
  const device = modbusRtuDriver.deviceSchema?.parse({ unitId });
  if (!device) throw new Error("the driver has a device schema");
  const [sample] = await port.read([{ id: "meter/one", address, device }], signal);
  return sample?.quality === "bad" ? sample.reason : sample?.value;
}

describe("a virtual serial line", () => {
  it("takes at least the time of its characters", async () => {
    const line = await openLine({ baudRate: 9600 });
    await addMeter(line, 1);
    await addMeter(line, 2, 500);
    const port = await openPort(line, { baudRate: 9600 });
    expect(await read(port, 1, 7)).toBe(7);
    const startedMs = performance.now();
    for (let count = 0; count < 10; count++) expect(await read(port, 2, count)).toBe(500 + count);
    // Eight bytes out, seven back, two silences of 3.5: 22 characters of 10 bits.
    expect(performance.now() - startedMs).toBeGreaterThan((10 * 22 * 10 * 1000) / 9600);
  });

  it("hands noise to a port of another rate, and hears noise from it", async () => {
    const line = await openLine({ baudRate: 19_200 });
    await addMeter(line, 1);
    const port = await openPort(line, { baudRate: 9600 });
    expect(await read(port, 1, 7)).toMatch(/^timeout/);
    const other = await openPort(line, { baudRate: 19_200 });
    expect(await read(other, 1, 7)).toBe(7);
  });

  it("garbles two units that answer at once", async () => {
    const line = await openLine({ baudRate: 9600 });
    await addMeter(line, 1);
    await addMeter(line, 1, 100);
    const port = await openPort(line);
    expect(await read(port, 1, 7)).toMatch(/^timeout|^malformed|checksum/);
  });

  it("echoes where its adapter does", async () => {
    const line = await openLine({ baudRate: 115_200, isEchoing: true });
    await addMeter(line, 1);
    const port = await openPort(line, { baudRate: 115_200 });
    expect(await read(port, 1, 0x0300)).toBe(0x0300);
  });

  it("carries what another program says through a port of its own", async () => {
    const line = await openLine({ baudRate: 115_200, portCount: 1 });
    const meter = createVirtualMeter({ units: { 9: { holding: (at) => at } } });
    ends.push(() => meter.close());
    await meter.attach(line.ports[0] as string);
    const port = await openPort(line, { baudRate: 115_200 });
    expect(await read(port, 9, 3)).toBe(3);
  });
});
