import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import { createSimulatedBus } from "../../testing/simulated-bus.ts";
import { modbusRtuDriver } from "./driver.ts";
import type { ModbusPoint } from "./read-plan.ts";

const { signal } = new AbortController();
const HOUR_MS = 3_600_000;
/** Longer than any scan here takes, learning included. */
const SCAN_MS = 60_000;
const device = modbusRtuDriver.deviceSchema?.parse({ unitId: 1 }) as ModbusPoint["device"];
const points = Array.from({ length: 120 }, (_, from): ModbusPoint => {
  const address = modbusRtuDriver.addressSchema.parse({ address: `holding:${from}` });
  return { id: `u/${from}`, address, device };
});

/** A unit that takes 40 registers at a time, and no request across 100. */
function createBus() {
  const firmware = { countMax: 40, seamAt: 100 };
  const read = (from: number, count: number) => {
    const isAcross = from < firmware.seamAt && from + count > firmware.seamAt;
    if (count > firmware.countMax || isAcross) return null;
    return Array.from({ length: count }, (_, index) => from + index);
  };
  const clock = new SimClock();
  const bus = createSimulatedBus({
    ...{ units: { 1: { holding: { read } } }, latencyMs: 5, timeoutMs: 1000, clock },
  });
  const scan = async () => {
    const before = bus.asked.length;
    const reading = bus.connection.read(points, signal);
    await clock.advance(SCAN_MS);
    const samples = [...(await reading)];
    expect(samples.every(({ quality }) => quality === "good")).toBe(true);
    return bus.asked.slice(before).map(({ from, count }) => `${from}+${count}`);
  };
  return { firmware, scan, wait: (ms: number) => clock.advance(ms) };
}

describe("what was learnt that a unit refuses", () => {
  it("is tried again after a day, then each week, with one request", async () => {
    const { scan, wait } = createBus();
    for (let count = 0; count < 3; count++) await scan();
    const usual = await scan();
    await wait(23 * HOUR_MS);
    expect(await scan()).toEqual(usual);
    await wait(2 * HOUR_MS);
    expect(await scan()).toHaveLength(usual.length + 1);
    expect(await scan()).toEqual(usual);
    await wait(6 * 24 * HOUR_MS);
    expect(await scan()).toEqual(usual);
    await wait(2 * 24 * HOUR_MS);
    expect(await scan()).toHaveLength(usual.length + 1);
  });

  it("is unlearnt where new firmware takes it: length first, then the seam", async () => {
    const { firmware, scan, wait } = createBus();
    for (let count = 0; count < 3; count++) await scan();
    await scan();
    Object.assign(firmware, { countMax: 125, seamAt: 1000 });
    await wait(25 * HOUR_MS);
    await scan();
    expect(await scan()).toEqual(["0+100", "100+20"]);
    await wait(8 * 24 * HOUR_MS);
    await scan();
    expect(await scan()).toEqual(["0+120"]);
  });
});
