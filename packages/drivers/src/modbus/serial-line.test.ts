import { missing } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import { VirtualUnit, type VirtualUnitTables } from "../../testing/virtual-meter-unit.ts";
import { loadClient } from "./client.ts";
import { ModbusConnection } from "./connection.ts";
import { crc16 } from "./crc16.ts";
import { modbusRtuDriver } from "./driver.ts";
import { Line } from "./line.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { RtuPort } from "./rtu-port.ts";

// A line of 9600 baud in virtual time: every byte takes its time, nothing else does.
const BYTE_MS = 10_000 / 9600;
const GAP_MS = 3.5 * BYTE_MS;
const TIMEOUT_MS = 500;

const { signal } = new AbortController();
const createClient = await loadClient();

interface BusOptions {
  readonly units: Readonly<Record<number, VirtualUnitTables>>;
  readonly latencyMs: number;
  /** Silence after its own answer before it hears anything. */
  readonly turnaroundMs?: number;
  readonly pauseMs?: number;
}

function createBus({ units, latencyMs, turnaroundMs = 0, pauseMs = GAP_MS }: BusOptions) {
  const clock = new SimClock();
  const bus = new Map(
    Object.entries(units).map(([id, tables]) => [Number(id), new VirtualUnit(tables)]),
  );
  const asked: { unitId: number; atMs: number; count: number }[] = [];
  const deafUntilMs = new Map<number, number>();
  let receive: (bytes: Buffer) => void = () => {};
  const after = async (ms: number, act: () => void) => {
    await clock.sleep(ms, signal);
    act();
  };
  const hear = (request: Buffer, startedMs: number) => {
    const unitId = request[0] as number;
    const unit = bus.get(unitId);
    if (!unit || unit.faults.isSilent || startedMs < (deafUntilMs.get(unitId) ?? 0)) return;
    const answer = framed(unitId, unit.answer(request.subarray(1, -2)));
    const doneMs = latencyMs + answer.length * BYTE_MS;
    deafUntilMs.set(unitId, clock.monotonicMs() + doneMs + turnaroundMs);
    void after(doneMs, () => receive(answer));
  };
  const wire = {
    write(bytes: Buffer) {
      const request = Buffer.from(bytes);
      const atMs = clock.monotonicMs();
      asked.push({ unitId: request[0] as number, atMs, count: request.readUInt16BE(4) });
      void after(request.length * BYTE_MS, () => hear(request, atMs));
    },
    listen(onBytes: (bytes: Buffer) => void) {
      receive = onBytes;
    },
    destroy: () => {},
  };
  const port = new RtuPort({ wire, clock, pauseMs, byteMs: BYTE_MS });
  const line = new Line({ port, client: createClient(port), clock });
  const timeoutsMax = Number.POSITIVE_INFINITY;
  const options = { line, clock, where: "bus", timeoutMs: TIMEOUT_MS, timeoutsMax };
  const connection = new ModbusConnection(options);
  return { clock, asked, connection, unit: (id: number) => bus.get(id) as VirtualUnit };
}

function framed(unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([unitId]), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
}

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
  it("is learnt within three cycles and read without a miss from then on", async () => {
    const units = { 1: { holding: registersOf(1) } };
    const bus = createBus({ units, latencyMs: 5, turnaroundMs: 40 });
    const points = pointsOf(1, [0, 20, 40, 60]);
    for (let scan = 0; scan < 3; scan++) {
      const reading = bus.connection.read(points, signal);
      await bus.clock.advance(20_000);
      const samples = await reading;
      expect(samples.map((s) => s.value)).toEqual(points.map(({ id }) => toldBy(id)));
    }
    const before = bus.asked.length;
    for (let scan = 0; scan < 100; scan++) {
      const reading = bus.connection.read(points, signal);
      await bus.clock.advance(1000);
      expect((await reading).every((s) => s.quality === "good")).toBe(true);
    }
    expect(bus.asked.length - before).toBe(400);
  });
});

describe("what a dead unit's points say", () => {
  it("is that nobody answers, and when it is tried again", async () => {
    const bus = createBus({ units: {}, latencyMs: 5 });
    const [point] = pointsOf(9, [0]) as [ModbusPoint];
    let last = missing(point.id, 0, "");
    for (let scan = 0; scan < 5; scan++) {
      const reading = bus.connection.read([point], signal);
      await bus.clock.advance(1000);
      last = (await reading)[0] as typeof last;
    }
    expect(last).toMatchObject({
      quality: "bad",
      reason: "timeout: no answer from unit 9 within 500 ms, next try in 5 s",
    });
  });
});
