import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Context, silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualMeter, type VirtualMeter } from "../../testing/virtual-meter.ts";
import { modbusTcpDriver } from "./driver.ts";
import { LessonsKeeper } from "./lessons-keeper.ts";
import type { ModbusPoint } from "./read-plan.ts";

// Refused holes at 33 and 70, and no more than 64 registers in a request.
const HOLES = [33, 70];
const table = {
  read: (from: number, count: number) => {
    const asked = upTo(count).map((index) => from + index);
    return count > 64 || asked.some((at) => HOLES.includes(at)) ? null : asked;
  },
};
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
// 0–32, 34–69, 71–134, 135–149; the refused two are not asked.
const FEWEST = 4;

/** A thousand times as fast, so that minutes pass. */
const hurried: Clock = {
  nowMs: systemClock.nowMs,
  monotonicMs: () => systemClock.monotonicMs() * 1000,
  sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal),
};

let directory: string;
let meter: VirtualMeter;
const endings: (() => Promise<void>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-lessons-"));
  meter = createVirtualMeter({ units: { 1: { holding: table }, 2: { holding: table } } });
  await meter.listen();
});

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  await meter.close();
  await rm(directory, { recursive: true, force: true });
});

const device = (unitId: number) => {
  const parsed = modbusTcpDriver.deviceSchema?.parse({ unitId });
  if (!parsed) throw new Error("the driver has a device schema");
  return parsed;
};

function pointsOf(unitId: number): ModbusPoint[] {
  const own = device(unitId);
  return upTo(150).map((from) => ({
    id: `unit-${unitId}/${from}`,
    address: modbusTcpDriver.addressSchema.parse({ address: `holding:${from}` }),
    device: own,
  }));
}

async function connect(unitId: number, clock: Clock = systemClock) {
  const { signal } = new AbortController();
  const context: Context = { clock, log: silentLog, signal, directory };
  const port = await meter.listen();
  const patience = { timeout: "60 min", connectTimeout: "60 min" };
  const config = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port, ...patience });
  const connection = await modbusTcpDriver.open(config, context);
  endings.push(() => connection.close());
  const points = pointsOf(unitId);
  connection.schedule?.([{ intervalMs: 1000, points }]);
  const unit = meter.unit(unitId);
  return {
    close: () => connection.close(),
    /** How many requests one scan takes; which points are bad. */
    async scan() {
      const before = unit.requestCount;
      const samples = [...(await connection.read(points, signal))];
      const bad = samples.flatMap((sample, at) => (sample.quality === "bad" ? [at] : []));
      return { requests: unit.requestCount - before, bad };
    },
  };
}

describe("what was learnt of a unit", () => {
  it("is the fewest requests after two scans, and from the first after a restart", async () => {
    const first = await connect(1);
    await first.scan();
    await first.scan();
    expect(await first.scan()).toEqual({ requests: FEWEST, bad: HOLES });
    await first.close();
    const second = await connect(1);
    expect(await second.scan()).toEqual({ requests: FEWEST, bad: HOLES });
  });

  it("helps with another unit of the same points, whose points are all asked", async () => {
    const first = await connect(1);
    await first.scan();
    await first.scan();
    await first.close();
    const second = await connect(2);
    const { requests, bad } = await second.scan();
    expect(bad).toEqual(HOLES);
    expect(requests).toBe(FEWEST + HOLES.length);
  });

  it("is shown, and forgotten on demand", async () => {
    const { lessons } = modbusTcpDriver;
    expect(await lessons?.show(directory, device(1))).toBeNull();
    expect(await lessons?.forget(directory, device(1))).toBe(false);
    const first = await connect(1);
    await first.scan();
    await first.scan();
    await first.close();
    expect((await lessons?.show(directory, device(1)))?.lines.slice(0, 3)).toEqual([
      "takes 64 registers in one request at most",
      "holding:33 refused: illegal data address (exception 2)",
      "holding:70 refused: illegal data address (exception 2)",
    ]);
    expect(await lessons?.forget(directory, device(1))).toBe(true);
    expect(await lessons?.show(directory, device(1))).toBeNull();
    const second = await connect(1);
    expect((await second.scan()).requests).toBeGreaterThan(FEWEST);
  });

  it("is written within minutes, and forgotten by a gateway that runs", async () => {
    const { lessons } = modbusTcpDriver;
    const running = await connect(1, hurried);
    await running.scan();
    await running.scan();
    await expect.poll(() => lessons?.show(directory, device(1)), POLL).not.toBeNull();
    // Minutes pass like milliseconds here: refused points may be tried again, and an answer that
    // a busy machine delays comes too late and is asked for twice.
    const most = FEWEST + HOLES.length;
    const requests = async () => (await running.scan()).requests;
    await expect.poll(requests, POLL).toBeLessThanOrEqual(most);
    const isLearningAnew = async () => {
      // The gateway may be writing at this very moment, every 60 ms here.
      await lessons?.forget(directory, device(1));
      return (await running.scan()).requests > most;
    };
    await expect.poll(isLearningAnew, POLL).toBe(true);
  });

  it("is learnt again where its file is damaged", async () => {
    const first = await connect(1);
    await first.scan();
    await first.close();
    const [name = ""] = await readdir(directory);
    const path = join(directory, name);
    await writeFile(path, (await readFile(path, "utf8")).slice(0, 40));
    const second = await connect(1);
    await second.scan();
    await second.scan();
    expect(await second.scan()).toEqual({ requests: FEWEST, bad: HOLES });
  });

  it("whose file stays damaged is told of once, not at each look", async () => {
    await writeFile(join(directory, "modbus-learned.json"), '{"version":1,"uni');
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    const ending = new AbortController();
    let lookCount = 0;
    const sleep = async () => void (++lookCount === 5 && ending.abort());
    const clock: Clock = { ...systemClock, sleep };
    const keeper = await LessonsKeeper.open({ clock, log, signal: ending.signal, directory });
    await keeper.run(() => [], ending.signal);
    expect(lookCount).toBe(5);
    expect(warnings).toHaveLength(1);
  });
});

const POLL = { timeout: 20_000, interval: 20 };
