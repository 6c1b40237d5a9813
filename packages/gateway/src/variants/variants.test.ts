import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, VirtualRegisters } from "@headgate/drivers/testing";
import { type Sample, silentLog } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeviceConfig, GatewayConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { buildGateway } from "../gateway.ts";
import { decide, isAnswered } from "./decide.ts";
import { forgetVariant, VariantMemory } from "./variant-memory.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-variants-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two maps of one family; the frequency stands at 51 or at 55, as an EM24's does. */
const PROFILE = `id: family
manufacturer: M
models: [X]
name: { en: Meter, zh: 表 }
driver: modbus
sources: { manual: "chapter 7" }
verified: manual
variants:
  old:
    name: { en: Old, zh: 旧 }
    probe: [{ point: frequency }]
  new:
    name: { en: New, zh: 新 }
    probe: [{ point: frequency }]
    points:
      frequency: { address: 51 }
      power: null
points:
  frequency: { address: 55, type: uint16, scale: 0.1, unit: Hz, meaning: frequency }
  power:     { address: 40, type: int32, unit: W, meaning: power.active.total }
`;

async function configOf(port: number, name: string, own: object = {}): Promise<GatewayConfig> {
  const file = join(folder, "family.yaml");
  await writeFile(file, PROFILE);
  const given = {
    gateway: { id: "g" },
    buffer: { path: join(folder, name) },
    channels: { bus: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "30 s" } },
    devices: { meter: { channel: "bus", unitId: 1, profile: file, scan: "100 ms", ...own } },
    web: false,
  };
  const { config, problems } = await loadConfig(given, { drivers: builtinDrivers, uplinks: {} });
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

const deviceOf = ({ channels }: GatewayConfig) => channels[0]?.devices[0] as DeviceConfig;

/** Runs a gateway until its points are as wanted, and gives them with what its status says. */
async function runUntil(config: GatewayConfig, wanted: (names: readonly string[]) => boolean) {
  const gateway = buildGateway(config, { log: silentLog });
  const ending = new AbortController();
  const running = gateway.run(ending.signal);
  try {
    await vi.waitFor(
      () => {
        const good = gateway.points().filter(({ quality }) => quality === "good");
        expect(wanted(good.map(({ id, value }) => `${id} ${value}`))).toBe(true);
      },
      { timeout: 60_000, interval: 50 },
    );
    return { points: gateway.points(), status: gateway.status()?.channels[0]?.variants };
  } finally {
    ending.abort();
    await running;
  }
}

describe("a device whose profile has variants", () => {
  it("is asked at the first good contact, remembered, and read as what it is", async () => {
    const registers = new VirtualRegisters().set(51, 499).set(55, 7).set(40, 0, 1000);
    const meter = createVirtualMeter({ units: { 1: { holding: registers } } });
    const port = await meter.listen();
    try {
      const config = await configOf(port, "asked");
      expect(deviceOf(config).variants?.verdict).toBe("asking");
      const isNew = (good: readonly string[]) => good.join() === "meter/frequency 49.9";
      const first = await runUntil(config, isNew);
      expect(first.points.map(({ id }) => id)).toEqual(["meter/frequency"]);
      expect(first.status).toEqual([
        expect.objectContaining({ device: "meter", verdict: "one", chosen: "new" }),
      ]);
      expect(first.status?.[0]?.evidence).toEqual([
        { variant: "old", what: "frequency", said: "0.7 Hz", isAsExpected: false },
        { variant: "new", what: "frequency", said: "49.9 Hz", isAsExpected: true },
      ]);
      // Remembered: what it is asked later changes nothing, until it is forgotten.
      registers.set(51, 7).set(55, 500);
      const again = await runUntil(config, (good) => good.join() === "meter/frequency 0.7");
      expect(again.status?.[0]?.chosen).toBe("new");
      expect(again.status?.[0]?.evidence).toEqual(first.status?.[0]?.evidence);
      expect(await forgetVariant(config.buffer.path, "meter")).toBe(true);
      const anew = await runUntil(config, (good) => good.length === 2);
      expect(anew.status?.[0]?.chosen).toBe("old");
    } finally {
      await meter.close();
    }
  }, 120_000);

  it("has a person's word for it where one is named, and is asked nothing", async () => {
    const config = await configOf(1, "named", { variant: "new" });
    expect(deviceOf(config).variants).toBeUndefined();
    expect(deviceOf(config).points.map(({ point }) => point.id)).toEqual(["meter/frequency"]);
  });
});

describe("the decision", () => {
  const check = (id: string, within: [number, number]) => ({
    config: { point: { id, address: 0, device: null }, condition: { scale: 0.1, offset: 0 } },
    ...{ within, equals: null },
  });
  const option = (name: string, ...checks: ReturnType<typeof check>[]) => ({
    ...{ name, points: [], checks },
  });
  const good = (value: number) => ({ quality: "good", value }) as Sample;
  const bad = (reason: string) => ({ quality: "bad", value: null, reason }) as Sample;
  const hertz = [45, 65] as [number, number];
  const one = option("one", check("a", hertz));
  const other = option("other", check("b", hertz));
  const both = option("both", check("a", hertz), check("b", hertz));
  const of = (options: unknown[], answers: Record<string, Sample>) => {
    const map = new Map(Object.entries(answers));
    return [decide(options as never, map), isAnswered(options as never, map)];
  };

  it.each([
    ["one fits", [one, other], { a: good(500), b: good(7) }, ["one", "one"]],
    ["the other fits", [one, other], { a: bad("x (exception 2)"), b: good(500) }, ["one", "other"]],
    ["both fit", [one, other], { a: good(500), b: good(501) }, ["several", null]],
    ["one expects more", [one, both], { a: good(500), b: good(501) }, ["one", "both"]],
    ["it has less", [one, both], { a: good(500), b: bad("x (error 02)") }, ["one", "one"]],
    ["none fits", [one, other], { a: good(7), b: good(7) }, ["none", null]],
    ["all is zero", [option("one", check("a", [-1, 1]))], { a: good(0) }, ["none", null]],
    [
      "one is zero",
      [option("x", check("a", [-1, 1]), check("b", hertz))],
      { a: good(0), b: good(500) },
      ["one", "x"],
    ],
    ["nothing is expected", [option("bare"), option("naked")], {}, ["none", null]],
  ])("%s", (_name, options, answers, [verdict, chosen]) => {
    expect(of(options, answers)).toEqual([{ verdict, chosen }, true]);
  });

  it("waits while a check is silent", () => {
    const [, isTold] = of([one, other], { a: good(500), b: bad("timeout: no answer from unit 1") });
    expect(isTold).toBe(false);
    const [, isBusy] = of([one], { a: bad("device busy (exception 6)") });
    expect(isBusy).toBe(false);
  });
});

it("what is remembered is of one profile and one place, and a broken file is none", async () => {
  const directory = join(folder, "memory");
  const config = await configOf(1, "memory");
  const device = deviceOf(config);
  const memory = await VariantMemory.open(directory, silentLog);
  memory.note(device, { verdict: "one", chosen: "old" });
  await memory.save();
  const again = await VariantMemory.open(directory, silentLog);
  expect(again.knownOf(device)).toMatchObject({ verdict: "one", chosen: "old" });
  expect(again.knownOf({ ...device, profile: "other" })).toBe(null);
  const moved = await configOf(1, "memory", { unitId: 9 });
  expect(again.knownOf(deviceOf(moved))).toBe(null);
  expect(await forgetVariant(directory, "stranger")).toBe(false);
  await writeFile(join(directory, "variants.json"), "{");
  const broken = await VariantMemory.open(directory, silentLog);
  expect(broken.knownOf(device)).toBe(null);
});
