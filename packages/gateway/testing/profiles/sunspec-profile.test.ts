import { readFile } from "node:fs/promises";
import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, tableOfFunction } from "@headgate/drivers/testing";
import { silentLog, systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { readOnce } from "../../src/commands/read.ts";
import { loadConfig } from "../../src/config/load.ts";

// Words made at the offsets of the official model files; the driver has a test of them too.
const fixtures = new URL("../../../../tests/fixtures/", import.meta.url);
const cases = new URL("sunspec-devices.json", fixtures);

it("a device with profile sunspec has the points of its models, in engineering units", async () => {
  const [device] = JSON.parse(await readFile(cases, "utf8")) as { base: number; words: string }[];
  if (!device) throw new Error("no SunSpec device to read");
  const words = device.words.split(" ").map((word) => Number.parseInt(word, 16));
  const holding = tableOfFunction((at) => words[at - device.base]);
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  const port = await meter.listen();
  try {
    const given = {
      gateway: { id: "g" },
      channels: { a: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "20 s" } },
      devices: { pv: { channel: "a", profile: "sunspec", groups: ["instantaneous", "energy"] } },
    };
    const { config } = await loadConfig(given, { drivers: builtinDrivers, uplinks: {} });
    if (!config) throw new Error("the config is not good");
    const { signal } = new AbortController();
    const context = { clock: systemClock, log: silentLog, signal, directory: "" };
    const { views } = await readOnce(config, [], context);
    const good = views.filter(({ quality }) => quality === "good");
    const values = Object.fromEntries(good.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      "voltage-l1": 230.1,
      "power-output": 2843,
      "power-dc": 2910,
      "power-factor": -0.9975,
      "energy-output": 48_211_500,
      "current-pv2": 7.65,
      "energy-pv1": 3_000_000_000,
      power: -3120,
      "energy-import": 12_345_670,
    });
    const soc = views.find(({ name }) => name === "battery-soc");
    expect(soc).toMatchObject({
      quality: "bad",
      reason: expect.stringContaining("no SunSpec model"),
    });
  } finally {
    await meter.close();
  }
});
