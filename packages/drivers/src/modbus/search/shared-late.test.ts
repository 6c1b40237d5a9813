import { createVirtualMeter, openVirtualLine } from "@headgate/drivers/testing";
import { type Connection, type Context, silentLog, systemClock } from "@headgate/model";
import { afterEach, expect, it } from "vitest";
import { modbusRtuDriver } from "../driver.ts";
import { deviceSchema } from "../settings.ts";

const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

it("a slow unit's late answer to a search is no value of a channel on its line", async () => {
  const line = await openVirtualLine({ baudRate: 115_200 });
  endings.push(() => line.close());
  const holding = Array.from({ length: 100 }, (_, at) => 1000 + at);
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  await meter.attach(await line.station());
  endings.push(() => meter.close());
  meter.unit(1).faults.delayMs = 200;

  const settings = { path: line.path, baudRate: 115_200 };
  const of = (timeout: number) => modbusRtuDriver.configSchema.parse({ ...settings, timeout });
  const connection = (await modbusRtuDriver.open(of(5000), context)) as Connection;
  endings.push(() => connection.close());
  const search = await modbusRtuDriver.search?.(of(60), context);
  if (!search) throw new Error("a search");
  endings.push(() => search.close());

  const device = deviceSchema.parse({ unitId: 1 });
  const address = modbusRtuDriver.addressSchema.parse({ address: "holding:40", type: "uint16" });
  const points = [{ id: "p", address, device }];
  const values: unknown[] = [];
  const reading = (async () => {
    for (let count = 0; count < 12; count++) {
      const [sample] = await connection.read(points, signal);
      if (sample?.quality === "good") values.push(sample.value);
    }
  })();
  let isOver = false;
  const over = reading.finally(() => {
    isOver = true;
  });
  while (!isOver) await search.look({ ...device, timeout: 60 }, signal);
  await over;
  expect(new Set(values)).toEqual(new Set([1040]));
}, 60_000);
