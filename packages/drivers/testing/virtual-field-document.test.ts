import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { modbusTcpDriver } from "../src/modbus/driver.ts";
import { createVirtualMeter } from "./virtual-meter.ts";
import { VirtualRegisters } from "./virtual-meter-registers.ts";
import { putPoint, tablesOfPoints } from "./virtual-points.ts";

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };

test("the example of docs/virtual-field.md", async () => {
  // begin
  const registers = new VirtualRegisters().setFloat32(0, 230.1, "CDAB").set(2, 0, 17);
  const meter = createVirtualMeter({ units: { 1: { holding: registers } } });
  const port = await meter.listen();

  const settings = { host: "127.0.0.1", port, timeout: "2 s" };
  const connection = await modbusTcpDriver.open(
    modbusTcpDriver.configSchema.parse(settings),
    context,
  );
  const voltage = { address: "holding:0", type: "float32", order: "CDAB" };
  const point = {
    id: "meter/voltage",
    address: modbusTcpDriver.addressSchema.parse(voltage),
    device: modbusTcpDriver.deviceSchema?.parse({ unitId: 1 }) ?? null,
  };
  const read = async () => (await connection.read([point as never], signal)).at(0);
  expect(await read()).toMatchObject({ quality: "good", value: 230.1 });

  meter.unit(1).faults.exception = 6; // From now on it is busy.
  expect(await read()).toMatchObject({ reason: "device busy (exception 6)" });
  meter.unit(1).faults.exception = null;
  Object.assign(meter.unit(1).faults, { every: 2, byteGapMs: 1 }); // Each second answer drips.
  expect(await read()).toMatchObject({ value: 230.1 });

  await connection.close();
  await meter.close();
  // end
});

test("the example with points", async () => {
  // begin
  const points = [
    { address: "holding:0", type: "float32", value: 230.1 },
    { address: "holding:40", type: "int32", order: "ABCD", scale: 0.1, value: -42.5, unit: "kW" },
    { address: "holding:50", type: "bit", bit: 3, value: true },
    { address: "holding:60", type: "int16", nan: 0x8000, value: null }, // Not available.
  ];
  const tables = tablesOfPoints(points, "CDAB"); // The device's order.
  const meter = createVirtualMeter({ units: { 1: tables } });
  const port = await meter.listen({ framing: "rtu" }); // RTU over TCP.

  putPoint(tables, { address: "holding:0", type: "float32", value: 229.8 }, "CDAB"); // Now this.
  meter.unit(1).faults.losesByte = true;

  await meter.close();
  // end
  expect(port).toBeGreaterThan(0);
  expect(tables.holding?.read(0, 2)).toEqual([0xcccd, 0x4365]);
  expect(tables.holding?.read(40, 2)).toEqual([0xffff, 0xfe57]);
  expect(tables.holding?.read(50, 1)).toEqual([8]);
  expect(tables.holding?.read(60, 1)).toEqual([0x8000]);
});

test("and the document are one", async () => {
  const own = await readFile(import.meta.filename, "utf8");
  const document = join(import.meta.dirname, "../../../docs/virtual-field.md");
  const text = await readFile(document, "utf8");
  const examples = [...own.matchAll(/^ {2}\/\/ begin\n([\s\S]*?)^ {2}\/\/ end/gm)];
  expect(examples).toHaveLength(2);
  for (const [, code = ""] of examples) expect(text).toContain(code.replace(/^ {2}/gm, ""));
});
