import { createVirtualMeter } from "@headgate/drivers/testing";
import { type Context, silentLog, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { modbusTcpDriver } from "../driver.ts";
import { deviceSchema } from "../settings.ts";

const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };

it("a search tells a place that is refused from one that stays silent", async () => {
  const holding = Array.from({ length: 100 }, (_, at) => 1000 + at);
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  const { faults } = meter.unit(1);
  faults.refused = [{ table: "holding", from: 20, to: 22, exception: 2 }];
  faults.silentAt = [{ table: "holding", from: 60, to: 62 }];
  const settings = { host: "127.0.0.1", port: await meter.listen(), timeout: 1000 };
  const config = modbusTcpDriver.configSchema.parse(settings);
  const search = await modbusTcpDriver.search?.(config, context);
  try {
    const device = deviceSchema.parse({ unitId: 1 });
    const points = [10, 20, 60].map((from) => {
      const given = { address: `holding:${from}`, type: "uint32" };
      return { id: `${from}`, address: modbusTcpDriver.addressSchema.parse(given), device };
    });
    const samples = await search?.read(points, signal);
    expect(
      samples?.map((sample) => [sample.quality, sample.quality === "bad" ? sample.reason : ""]),
    ).toEqual([
      ["good", ""],
      ["bad", "illegal data address (exception 2)"],
      ["bad", "timeout: no answer from unit 1 within 1000 ms"],
    ]);
  } finally {
    await search?.close();
    await meter.close();
  }
}, 60_000);
