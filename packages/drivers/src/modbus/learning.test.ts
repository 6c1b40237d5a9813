import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type Sample, silentLog, systemClock, Unreachable } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { createVirtualMeter, tableOfFunction, type VirtualMeter } from "../../testing/index.ts";
import { createSimulatedBus } from "../../testing/simulated-bus.ts";
import { modbusTcpDriver } from "./driver.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { Refusals } from "./refusals.ts";
import { UnitHealth } from "./unit-health.ts";

const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Nobody is silent here: a machine that is busy for seconds makes no answer late. */
async function connect(meter: VirtualMeter) {
  const port = await meter.listen();
  const settings = { host: "127.0.0.1", port, timeout: "1 min", connectTimeout: "1 min" };
  const connection = await modbusTcpDriver.open(
    modbusTcpDriver.configSchema.parse(settings),
    context,
  );
  endings.push(
    () => connection.close(),
    () => meter.close(),
  );
  return connection;
}

function pointsOf(unitId: number, addresses: Iterable<number>): ModbusPoint[] {
  const device = modbusTcpDriver.deviceSchema?.parse({ unitId });
  if (!device) throw new Error("the driver has a device schema");
  return [...addresses].map((from) => ({
    id: `unit-${unitId}/${from}`,
    address: modbusTcpDriver.addressSchema.parse({ address: `holding:${from}` }),
    device,
  }));
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const isGood = (sample: Sample) => sample.quality === "good";
const reasonOf = (sample?: Sample) => (sample?.quality === "bad" ? sample.reason : undefined);

describe("a device that refuses", () => {
  it("loses the refused points only, and is not asked for them again", async () => {
    const meter = createVirtualMeter({ units: { 1: { holding: tableOfFunction((at) => at) } } });
    const { faults } = meter.unit(1);
    faults.refused.push({ table: "holding", from: 60, to: 61, exception: 2 });
    faults.refused.push({ table: "holding", from: 101, to: 102, exception: 4 });
    const connection = await connect(meter);
    const points = pointsOf(1, upTo(120));
    for (let scan = 0; scan < 3; scan++) {
      const samples = [...(await connection.read(points, signal))];
      expect(samples.flatMap((s, index) => (isGood(s) ? [] : [index]))).toEqual([60, 101]);
      expect(samples.every((s, index) => s.value === index || !isGood(s))).toBe(true);
      expect(reasonOf(samples[60])).toBe("illegal data address (exception 2)");
      expect(reasonOf(samples[101])).toBe("device failure (exception 4)");
    }
    const before = meter.unit(1).requestCount;
    await connection.read(points, signal);
    expect(meter.unit(1).requestCount - before).toBeLessThanOrEqual(8);
  });

  it("learns where a gap must not be read across", async () => {
    const known = (at: number) => (at < 10 || at >= 14 ? at : undefined);
    const meter = createVirtualMeter({ units: { 1: { holding: tableOfFunction(known) } } });
    const connection = await connect(meter);
    const points = pointsOf(1, [...upTo(10), 14, 15]);
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    const before = meter.unit(1).requestCount;
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    expect(meter.unit(1).requestCount - before).toBe(2);
  });

  it("learns that a device takes short requests only", async () => {
    const table = {
      read: (from: number, count: number) =>
        count <= 40 ? upTo(count).map((index) => from + index) : null,
    };
    const meter = createVirtualMeter({ units: { 1: { holding: table } } });
    const connection = await connect(meter);
    const points = pointsOf(1, upTo(120));
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    const before = meter.unit(1).requestCount;
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    expect(meter.unit(1).requestCount - before).toBe(3);
  });

  it("learns holes, a hole between points and a limit in one scan, and reads least", async () => {
    const read = (from: number, count: number) => {
      const isHole = (at: number) => at === 33 || at === 70 || at === 71 || at === 154;
      const asked = upTo(count).map((index) => from + index);
      return count > 64 || asked.some(isHole) ? null : asked;
    };
    const meter = createVirtualMeter({ units: { 1: { holding: { read } } } });
    const connection = await connect(meter);
    // 154 is refused, but no point wants it.
    const addresses = [...upTo(150), 152, 153, 155, 156];
    const points = pointsOf(1, addresses);
    const bad = (samples: Sample[]) => samples.flatMap((s, i) => (isGood(s) ? [] : [addresses[i]]));
    for (let scan = 0; scan < 2; scan++) {
      expect(bad([...(await connection.read(points, signal))])).toEqual([33, 70, 71]);
    }
    const before = meter.unit(1).requestCount;
    const samples = [...(await connection.read(points, signal))];
    expect(bad(samples)).toEqual([33, 70, 71]);
    expect(samples.every((s, index) => !isGood(s) || s.value === addresses[index])).toBe(true);
    // 0–32, 34–69, 72–135, 136–153, 155–156.
    expect(meter.unit(1).requestCount - before).toBe(5);
  });

  it("learns nothing from a refusal that was a moment's", async () => {
    let isBusy = true;
    const read = (from: number, count: number) => {
      const wasBusy = isBusy && count > 100;
      isBusy &&= !wasBusy;
      return wasBusy ? null : upTo(count).map((index) => from + index);
    };
    const meter = createVirtualMeter({ units: { 1: { holding: { read } } } });
    const connection = await connect(meter);
    const points = pointsOf(1, upTo(120));
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    const before = meter.unit(1).requestCount;
    expect([...(await connection.read(points, signal))].every(isGood)).toBe(true);
    expect(meter.unit(1).requestCount - before).toBe(1);
  });

  it("does not hold up a scan for ever when it refuses everything", async () => {
    const meter = createVirtualMeter({ units: { 1: { holding: tableOfFunction((at) => at) } } });
    meter.unit(1).faults.exception = 2;
    const connection = await connect(meter);
    const samples = [...(await connection.read(pointsOf(1, upTo(500)), signal))];
    expect(samples.some(isGood)).toBe(false);
    expect(meter.unit(1).requestCount).toBeLessThan(100);
  });
});

describe("a line with several units", () => {
  const units = { 1: { holding: [1, 2] }, 2: { holding: [3, 4] }, 3: { holding: [5, 6] } };

  function createBus() {
    const bus = createSimulatedBus({ units, latencyMs: 5, timeoutMs: 250, timeoutsMax: 2 });
    const scan = async (points: readonly ModbusPoint[]) => {
      const reading = bus.connection.read(points, signal);
      // Time stands still until it is told to go on: a rejection may come before it is waited for.
      const settled = reading.catch((error: Unreachable) => error);
      await bus.clock.advance(1000);
      const samples = await settled;
      if (samples instanceof Error) throw samples;
      return [...samples];
    };
    return { ...bus, scan };
  }

  it("reads the others while some are silent, and rests the silent ones", async () => {
    const { scan, unit } = createBus();
    unit(2).faults.isSilent = true;
    unit(3).faults.isSilent = true;
    const points = [...pointsOf(1, [0, 1]), ...pointsOf(2, [0, 1]), ...pointsOf(3, [0, 1])];
    for (let round = 0; round < 5; round++) {
      const samples = await scan(points);
      expect(samples.map(isGood)).toEqual([true, true, false, false, false, false]);
      const silent = "timeout: no answer from unit 2 within 250 ms";
      const reason = round < 3 ? silent : `${silent}, next try in 2.5 s`;
      expect(reasonOf(samples[2])).toBe(reason);
    }
  });

  it("rests a unit that its gateway cannot reach, and keeps the line", async () => {
    const { scan, unit } = createBus();
    unit(2).faults.exception = 11;
    const points = [...pointsOf(2, [0, 1]), ...pointsOf(1, [0, 1])];
    for (let round = 0; round < 5; round++) {
      const samples = await scan(points);
      expect(samples.map(isGood)).toEqual([false, false, true, true]);
      expect(reasonOf(samples[0])).toMatch(/^gateway target failed to respond \(exception 11\)/);
    }
    expect(unit(2).requestCount).toBe(3);
  });

  it("is lost once the last unit that answered is silent too", async () => {
    const { scan, unit } = createBus();
    unit(2).faults.isSilent = true;
    const points = [...pointsOf(1, [0, 1]), ...pointsOf(2, [0, 1])];
    await scan(points);
    unit(1).faults.isSilent = true;
    await expect(scan(points)).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("what is remembered", () => {
  it("a silent unit is tried again after 2 s, 4 s, then 5 s, and is well once it answers", () => {
    const health = new UnitHealth();
    const restsMs: number[] = [];
    let nowMs = 0;
    for (let failure = 0; failure < 9; failure++) {
      health.failed("timeout", nowMs);
      let restMs = 0;
      while (health.restingReason(nowMs + restMs) !== null) restMs += 500;
      restsMs.push(restMs);
      nowMs += restMs;
    }
    expect(restsMs).toEqual([0, 0, 2000, 4000, 5000, 5000, 5000, 5000, 5000]);
    health.answered();
    health.failed("timeout", nowMs);
    expect(health.restingReason(nowMs)).toBeNull();
  });

  it("a refused point is tried again after a minute, then later and later", () => {
    const refusals = new Refusals();
    const point = { index: 0, table: "holding" as const, from: 5, count: 2 };
    refusals.refuse([point], "no", 0);
    expect(refusals.reasonFor(point, 59_999)).toBe("no");
    expect(refusals.nextRetestMs(0)).toBe(60_000);
    expect(refusals.reasonFor(point, 60_000)).toBeNull();
    refusals.refuse([point], "no", 60_000);
    expect(refusals.nextRetestMs(60_000)).toBe(180_000);
    expect(refusals.barriers()).toHaveLength(1);
    refusals.accept([point]);
    expect(refusals.barriers()).toHaveLength(0);
    expect(refusals.reasonFor(point, 0)).toBeNull();
  });
});

describe("a device that knows only the functions which write several", () => {
  it.each([
    ["coil:5", true, [5, 15]],
    ["holding:5", 4711, [6, 16]],
  ] as const)("is written at %s by the other function", async (address, value, codes) => {
    const heard: number[] = [];
    const server = createServer((socket) => {
      socket.on("data", (request) => {
        const code = request[7] as number;
        heard.push(code);
        const isKnown = code > 6;
        const header = Buffer.from(request.subarray(0, 7));
        header.writeUInt16BE(isKnown ? 6 : 3, 4);
        const answer = isKnown ? request.subarray(7, 12) : Buffer.from([code | 0x80, 1]);
        socket.write(Buffer.concat([header, answer]));
      });
    });
    endings.push(async () => void server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const config = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port });
    const connection = await modbusTcpDriver.open(config, context);
    endings.push(() => connection.close());
    const [point] = pointsOf(1, [5]) as [ModbusPoint];
    const target = { ...point, address: modbusTcpDriver.addressSchema.parse({ address }) };
    await connection.write?.(target, value, signal);
    expect(heard).toEqual(codes);
  });
});
