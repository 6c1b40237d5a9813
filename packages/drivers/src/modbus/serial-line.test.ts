import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import {
  BYTE_MS,
  createSimulatedBus,
  GAP_MS,
  type SimulatedBusOptions,
} from "../../testing/simulated-bus.ts";
import { modbusRtuDriver } from "./driver.ts";
import { LessonsKeeper } from "./lessons-keeper.ts";
import type { ModbusPoint } from "./read-plan.ts";

const TIMEOUT_MS = 500;
const createBus = (options: Omit<SimulatedBusOptions, "timeoutMs">) =>
  createSimulatedBus({ timeoutMs: TIMEOUT_MS, ...options });

const { signal } = new AbortController();

function pointsOf(unitId: number, addresses: readonly number[]): ModbusPoint[] {
  const device = modbusRtuDriver.deviceSchema?.parse({ unitId });
  if (!device) throw new Error("the driver has a device schema");
  return addresses.map((from) => ({
    id: `unit-${unitId}/${from}`,
    address: modbusRtuDriver.addressSchema.parse({ address: `holding:${from}` }),
    device,
  }));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

type Bus = ReturnType<typeof createBus>;

/** Reads the classes side by side as the gateway does, for a while; counts whole scans. */
async function run(
  { clock, connection }: Bus,
  classes: readonly { intervalMs: number; points: readonly ModbusPoint[] }[],
  forMs: number,
) {
  const ending = new AbortController();
  const wrong: string[] = [];
  const scans = classes.map(() => [] as number[]);
  connection.schedule(classes);
  const loops = classes.map(async ({ intervalMs, points }, index) => {
    for (let dueMs = 0; !ending.signal.aborted; ) {
      scans[index]?.push(clock.monotonicMs());
      for (const sample of await connection.read(points, signal)) {
        const isWrong = sample.quality !== "bad" && sample.value !== toldBy(sample.pointId);
        if (isWrong) wrong.push(`${sample.pointId} = ${sample.value}`);
      }
      dueMs = Math.max(dueMs + intervalMs, clock.monotonicMs());
      await clock.sleep(dueMs - clock.monotonicMs(), ending.signal);
    }
  });
  await clock.advance(forMs);
  ending.abort();
  const report = connection.report();
  await clock.advance(60_000);
  await Promise.all(loops);
  return { report, wrong, scans };
}

/** Every register tells its unit and address. */
const registersOf = (unitId: number) => (at: number) => unitId * 256 + at;
const toldBy = (pointId: string) => {
  const [, unitId, at] = /unit-(\d+)\/(\d+)/.exec(pointId) ?? [];
  return registersOf(Number(unitId))(Number(at));
};
const twelve = Object.fromEntries(range(1, 13).map((id) => [id, { holding: registersOf(id) }]));
const DEAD = [3, 7, 12];

describe("a line of 9600 baud with twelve units", () => {
  const points = range(1, 13).flatMap((id) => pointsOf(id, range(0, 10)));
  const living = ({ asked }: Bus, fromMs: number, toMs: number) =>
    asked.filter(({ unitId, atMs }) => !DEAD.includes(unitId) && atMs >= fromMs && atMs < toMs);

  it("loses less than a tenth of its rate while three of them are dead", async () => {
    const all = createBus({ units: twelve, latencyMs: 5 });
    await run(all, [{ intervalMs: 1, points }], 120_000);
    const some = createBus({ units: twelve, latencyMs: 5 });
    for (const id of DEAD) some.unit(id).faults.isSilent = true;
    const { report, wrong } = await run(some, [{ intervalMs: 1, points }], 120_000);
    expect(wrong).toEqual([]);
    expect(report.deadUnits).toEqual(DEAD);
    const minute = [60_000, 120_000] as const;
    const rate = living(some, ...minute).length / living(all, ...minute).length;
    // The dead ones' own turns are free for the others: nine twelfths remain to be asked.
    expect(rate).toBeGreaterThan(0.9);
  });

  it("brings a unit back that answers again", async () => {
    const bus = createBus({ units: twelve, latencyMs: 5 });
    bus.unit(7).faults.isSilent = true;
    const dead = await run(bus, [{ intervalMs: 1000, points }], 120_000);
    expect(dead.report.deadUnits).toEqual([7]);
    bus.unit(7).faults.isSilent = false;
    const well = await run(bus, [{ intervalMs: 1000, points }], 120_000);
    expect(well.report.deadUnits).toEqual([]);
  });

  it.each([
    ["as fast as it goes", 1],
    ["every 2 s", 2000],
  ])("predicts the cycle it achieves %s, within a tenth", async (_name, intervalMs) => {
    const bus = createBus({ units: twelve, latencyMs: 8 });
    for (const id of DEAD) bus.unit(id).faults.isSilent = true;
    const { report } = await run(bus, [{ intervalMs, points }], 300_000);
    const [scanClass] = report.scanClasses;
    const achievedMs = scanClass?.achievedCycleMs ?? 0;
    expect(achievedMs).toBeGreaterThan(0);
    expect((scanClass?.predictedCycleMs ?? 0) / achievedMs).toBeGreaterThan(0.9);
    expect((scanClass?.predictedCycleMs ?? 0) / achievedMs).toBeLessThan(1.1);
    expect(report.busyPercent).toBeGreaterThan(0.9 * Math.min(100, report.wantedPercent));
  });

  it("reads a fast class on time while a slow one takes ten seconds of the line", async () => {
    const bus = createBus({ units: twelve, latencyMs: 5 });
    const fast = pointsOf(1, [0]);
    const slow = range(2, 13).flatMap((id) => pointsOf(id, range(0, 250)));
    const classes = [
      { intervalMs: 500, points: fast },
      { intervalMs: 60_000, points: slow },
    ];
    const { scans } = await run(bus, classes, 60_000);
    const [starts = [], slowStarts = []] = scans;
    const asked = bus.asked.filter(({ unitId }) => unitId === 1);
    // Never later than the longest request of another that was already under way.
    const waitsMs = asked.map(({ atMs }, index) => atMs - (starts[index] ?? 0));
    const longestMs = (8 + 255) * BYTE_MS + 5 + 2 * GAP_MS;
    expect(Math.max(...waitsMs.slice(0, 100))).toBeLessThanOrEqual(longestMs + 1);
    expect(asked.length).toBeGreaterThan(115);
    expect(slowStarts.length).toBeGreaterThan(0);
  });
});

describe("a unit that needs 40 ms of silence", () => {
  const units = { 1: { holding: registersOf(1) } };
  const points = pointsOf(1, [0, 20, 40, 60]);

  async function scan(bus: Bus, wanted: readonly ModbusPoint[], withinMs = 1000) {
    const before = bus.asked.length;
    const reading = bus.connection.read(wanted, signal);
    await bus.clock.advance(withinMs);
    const samples = [...(await reading)];
    const wrong = samples.filter((s) => s.quality === "good" && s.value !== toldBy(s.pointId));
    expect(wrong).toEqual([]);
    const bad = samples.flatMap((sample, at) => (sample.quality === "bad" ? [at] : []));
    return { bad, requests: bus.asked.length - before };
  }

  it("is learnt within three cycles and read without a miss from then on", async () => {
    const bus = createBus({ units, latencyMs: 5, turnaroundMs: 40 });
    for (let cycle = 0; cycle < 3; cycle++) {
      expect((await scan(bus, points, 20_000)).bad).toEqual([]);
    }
    for (let cycle = 0; cycle < 100; cycle++) {
      expect(await scan(bus, points)).toEqual({ bad: [], requests: 4 });
    }
  });

  it("is asked after less once it needs less, and no value is lost by trying", async () => {
    const bus = createBus({ units, latencyMs: 5, turnaroundMs: 8, quietMs: 20 });
    let requests = 0;
    const cycles = 420;
    for (let cycle = 0; cycle < cycles; cycle++) {
      const { bad, requests: own } = await scan(bus, points, 5000);
      expect(bad).toEqual([]);
      requests += own;
    }
    // 10 ms and 3.5 characters suffice, 5 ms and 3.5 characters as well, 3.5 alone do not.
    const [beforeMs = 0, lastMs = 0] = bus.asked.slice(-2).map(({ atMs }) => atMs);
    const exchangeMs = (8 + 7) * BYTE_MS + 5;
    expect(lastMs - beforeMs - exchangeMs).toBeCloseTo(5 + GAP_MS, 5);
    expect(requests - 4 * cycles).toBeLessThan(10);
  });

  it("with holes and a limit of 64 is learnt whole, and known after a restart", async () => {
    const directory = await mkdtemp(join(tmpdir(), "headgate-restart-"));
    const holes = [33, 70];
    const read = (from: number, count: number) => {
      const asked = range(from, from + count);
      return count > 64 || asked.some((at) => holes.includes(at))
        ? null
        : asked.map(registersOf(1));
    };
    const all = pointsOf(1, range(0, 150));
    const start = async () => {
      const clock = new SimClock();
      const lessons = await LessonsKeeper.open({ clock, log: silentLog, signal, directory });
      const silences = { latencyMs: 5, turnaroundMs: 40, clock, lessons };
      const bus = createBus({ units: { 1: { holding: { read } } }, ...silences });
      bus.connection.schedule([{ intervalMs: 1000, points: all }]);
      return bus;
    };
    const first = await start();
    for (let cycle = 0; cycle < 3; cycle++) await scan(first, all, 20_000);
    // 0–32, 34–69, 71–134, 135–149: without the two that are refused there are no fewer.
    expect(await scan(first, all)).toEqual({ bad: holes, requests: 4 });
    await first.connection.close();
    const second = await start();
    for (let cycle = 0; cycle < 10; cycle++) {
      expect(await scan(second, all)).toEqual({ bad: holes, requests: 4 });
    }
    await second.connection.close();
    await rm(directory, { recursive: true });
  });
});

describe("what a dead unit's points say", () => {
  it("is that nobody answers, and when it is tried again", async () => {
    const bus = createBus({ units: { 1: { holding: registersOf(1) } }, latencyMs: 5 });
    const points = [...pointsOf(9, [0]), ...pointsOf(1, [0])];
    let last: unknown;
    for (let scan = 0; scan < 5; scan++) {
      const reading = bus.connection.read(points, signal);
      await bus.clock.advance(1000);
      last = (await reading).at(0);
    }
    expect(last).toMatchObject({
      quality: "bad",
      reason: "timeout: no answer from unit 9 within 500 ms, next try in 5 s",
    });
  });

  it("is that alone where nobody else answers: then it is tried at each scan", async () => {
    const bus = createBus({ units: twelve, latencyMs: 5 });
    const points = range(1, 13).flatMap((id) => pointsOf(id, [0]));
    const scan = async () => {
      const reading = bus.connection.read(points, signal);
      await bus.clock.advance(20_000);
      return [...(await reading)];
    };
    for (const { unitId } of points.map(({ device }) => device)) {
      bus.unit(unitId).faults.isSilent = true;
    }
    for (let count = 0; count < 30; count++) {
      const reasons = (await scan()).map((sample) => sample.quality === "bad" && sample.reason);
      expect(reasons[0]).toBe("timeout: no answer from unit 1 within 500 ms");
    }
    // The cable is plugged in again: all of them are back at once.
    for (const { unitId } of points.map(({ device }) => device)) {
      bus.unit(unitId).faults.isSilent = false;
    }
    expect((await scan()).map(({ value }) => value)).toEqual(points.map(({ id }) => toldBy(id)));
  });
});
