import { readFile } from "node:fs/promises";
import { type Clock, silentLog, systemClock, type Value } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { createVirtualMeter, tableOfFunction, type VirtualMeter } from "../../../testing/index.ts";
import { addressSchema } from "../address.ts";
import { modbusRtuOverTcpDriver, modbusTcpDriver } from "../driver.ts";
import { deviceSchema } from "../settings.ts";
import { isSunspecPath, parseSunspecPath } from "./path.ts";

interface Case {
  readonly name: string;
  readonly base: number;
  /** Made with Python's struct, at the offsets of the official model files. */
  readonly words: string;
  /** By path; null is no value, "…n" an integer beyond 53 bits. */
  readonly expected: Readonly<Record<string, number | string | null>>;
}

const fixtures = new URL("../../../../../tests/fixtures/", import.meta.url);
const text = await readFile(new URL("sunspec-devices.json", fixtures), "utf8");
const cases = JSON.parse(text) as readonly Case[];

/** The head of the meter's model in the first case. */
const METER_AT = 40_199;
/** Of the inverter's model there. */
const INVERTER_INDEX = 69;

/** A thousand times as fast, so that minutes pass. */
const hurried: Clock = {
  nowMs: systemClock.nowMs,
  monotonicMs: () => systemClock.monotonicMs() * 1000,
  sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal),
};

async function withDevice(
  { base, words, clock = systemClock }: Pick<Case, "base" | "words"> & { clock?: Clock },
  use: (
    meter: VirtualMeter,
    read: (paths: readonly string[]) => Promise<unknown[]>,
  ) => Promise<void>,
): Promise<void> {
  const registers = words.split(" ").map((word) => Number.parseInt(word, 16));
  const holding = tableOfFunction((at) => registers[at - base]);
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  const port = await meter.listen();
  const config = modbusTcpDriver.configSchema.parse({
    ...{ host: "127.0.0.1", port, connectTimeout: "60 min" },
    timeout: clock === hurried ? "60 min" : 20_000,
  });
  const { signal } = new AbortController();
  const context = { clock, log: silentLog, signal, directory: "" };
  const connection = await modbusTcpDriver.open(config, context);
  const device = deviceSchema.parse({});
  try {
    await use(meter, async (paths) => {
      const points = paths.map((path) => {
        return { id: path, address: addressSchema.parse({ address: `sunspec:${path}` }), device };
      });
      const samples = [...(await connection.read(points, signal))];
      return samples.map((sample) => (sample.quality === "bad" ? sample.reason : sample.value));
    });
  } finally {
    await connection.close();
    await meter.close();
  }
}

describe("a SunSpec device", () => {
  it.each(cases)("$name", async (device) => {
    const paths = Object.keys(device.expected);
    await withDevice(device, async (_meter, read) => {
      const found = await read(paths);
      for (const [index, path] of paths.entries()) {
        const expected = device.expected[path] ?? null;
        const value = found[index] as Value;
        if (expected === null) expect(value, path).toMatch(/not available|no SunSpec|scale factor/);
        else if (typeof value === "bigint") expect(`${value}n`, path).toBe(expected);
        else expect(value, path).toBe(expected);
      }
    });
  });

  it("is walked once, and read in few requests from then on", async () => {
    const [device] = cases as [Case];
    await withDevice(device, async (meter, read) => {
      const paths = ["inverter/W", "inverter/PhVphA", "meter/W"];
      await read(paths);
      const before = meter.unit(1).requestCount;
      expect(await read(paths)).toEqual([2843, 230.1, -3120]);
      expect(meter.unit(1).requestCount - before).toBeLessThanOrEqual(4);
    });
  });

  it("that was busy in the middle of the walk is walked to its end later", async () => {
    const [device] = cases as [Case];
    await withDevice({ ...device, clock: hurried }, async (meter, read) => {
      const { faults } = meter.unit(1);
      const paths = ["inverter/W", "meter/W"];
      faults.refused.push({ table: "holding", from: METER_AT, to: METER_AT + 2, exception: 6 });
      expect((await read(paths))[0]).toBe(2843);
      faults.refused.length = 0;
      await expect.poll(() => read(paths), { timeout: 20_000 }).toEqual([2843, -3120]);
    });
  });

  it("that is none says so for each point", async () => {
    await withDevice({ base: 100, words: "0001 0002" }, async (_meter, read) => {
      expect(await read(["inverter/W"])).toEqual([
        expect.stringMatching(/SunSpec device at 40000/),
      ]);
    });
  });
});

describe("a SunSpec device on a line that stays open", () => {
  it("is walked anew once it was away: another may have its place", async () => {
    const [{ base, words }] = cases as [Case];
    let registers = words.split(" ").map((word) => Number.parseInt(word, 16));
    const holding = tableOfFunction((at) => registers[at - base]);
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    const port = await meter.listen({ framing: "rtu" });
    const config = modbusRtuOverTcpDriver.configSchema.parse({
      ...{ host: "127.0.0.1", port, timeout: 300, timeoutsMax: 1000 },
    });
    const { signal } = new AbortController();
    const context = { clock: systemClock, log: silentLog, signal, directory: "" };
    const connection = await modbusRtuOverTcpDriver.open(config, context);
    const address = addressSchema.parse({ address: "sunspec:inverter/W" });
    const points = [{ id: "w", address, device: deviceSchema.parse({}) }];
    const read = async () => (await connection.read(points, signal)).at(0);
    const patience = { timeout: 30_000 };
    try {
      await expect.poll(read, patience).toMatchObject({ value: 2843 });
      meter.unit(1).faults.isSilent = true;
      // It is given up after three.
      for (let scan = 0; scan < 4; scan++) expect(await read()).toMatchObject({ quality: "bad" });
      const more = [64_001, 3, 7, 7, 7];
      registers = registers.toSpliced(INVERTER_INDEX, 0, ...more);
      meter.unit(1).faults.isSilent = false;
      await expect.poll(read, patience).toMatchObject({ quality: "good" });
      expect(await read()).toMatchObject({ value: 2843 });
    } finally {
      await connection.close();
      await meter.close();
    }
  });
});

describe("a SunSpec address", () => {
  it("is a model or a family, and a point", () => {
    expect(isSunspecPath("holding:0")).toBe(false);
    expect(parseSunspecPath("sunspec:103/W")).toEqual([
      { modelId: 103, index: null, pointName: "W" },
    ]);
    expect(parseSunspecPath("sunspec:160/2/DCW, inverter/DCW")).toHaveLength(7);
  });

  it.each([
    "sunspec:103/Watt",
    "sunspec:999/W",
    "sunspec:",
    "sunspec:160/DCW",
    "sunspec:inverter/X",
    "sunspec:160/0/DCW",
  ])("%s is refused with a hint", (address) => {
    expect(parseSunspecPath(address)).toMatch(/is not understood; write sunspec:103\/W/);
  });

  it("takes no type and no order", () => {
    const result = addressSchema.safeParse({ address: "sunspec:103/W", type: "int16" });
    expect(result.error?.issues[0]?.message).toMatch(/tells type itself/);
  });
});
