import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { modbusTcpDriver } from "../src/modbus/driver.ts";
import { createVirtualMeter } from "./virtual-meter.ts";
import { VirtualRegisters } from "./virtual-meter-registers.ts";

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
  const read = async () => (await connection.read([point as never], signal))[0];
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

test("and the document are one", async () => {
  const own = await readFile(import.meta.filename, "utf8");
  const [, code = ""] = /\/\/ begin\n([\s\S]*?) *\/\/ end/.exec(own) ?? [];
  const plain = code.replace(/^ {2}/gm, "");
  const document = join(import.meta.dirname, "../../../docs/virtual-field.md");
  expect(await readFile(document, "utf8")).toContain(plain);
});
