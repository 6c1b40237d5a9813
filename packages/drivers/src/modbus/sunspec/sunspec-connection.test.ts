import { readFile } from "node:fs/promises";
import { silentLog, systemClock, type Value } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { createVirtualMeter, tableOfFunction, type VirtualMeter } from "../../../testing/index.ts";
import { addressSchema } from "../address.ts";
import { modbusTcpDriver } from "../driver.ts";
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

async function withDevice(
  { base, words }: Pick<Case, "base" | "words">,
  use: (
    meter: VirtualMeter,
    read: (paths: readonly string[]) => Promise<unknown[]>,
  ) => Promise<void>,
): Promise<void> {
  const registers = words.split(" ").map((word) => Number.parseInt(word, 16));
  const holding = tableOfFunction((at) => registers[at - base]);
  const meter = createVirtualMeter({ units: { 1: { holding } } });
  const port = await meter.listen();
  const config = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port, timeout: 20_000 });
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const connection = await modbusTcpDriver.open(config, context);
  const device = deviceSchema.parse({});
  try {
    await use(meter, async (paths) => {
      const points = paths.map((path) => {
        return { id: path, address: addressSchema.parse({ address: `sunspec:${path}` }), device };
      });
      const samples = await connection.read(points, signal);
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

  it("that is none says so for each point", async () => {
    await withDevice({ base: 100, words: "0001 0002" }, async (_meter, read) => {
      expect(await read(["inverter/W"])).toEqual([
        expect.stringMatching(/SunSpec device at 40000/),
      ]);
    });
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
  ])("%s is refused with a hint", (address) => {
    expect(parseSunspecPath(address)).toMatch(/is not understood; write sunspec:103\/W/);
  });

  it("takes no type and no order", () => {
    const result = addressSchema.safeParse({ address: "sunspec:103/W", type: "int16" });
    expect(result.error?.issues[0]?.message).toMatch(/tells type itself/);
  });
});
