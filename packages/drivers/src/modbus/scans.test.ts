import type { Sample, Samples } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { lendBytes } from "../../testing/lend-bytes.ts";
import type { Wire } from "../wire/wire.ts";
import { addressSchema } from "./address.ts";
import { loadClient } from "./client.ts";
import { ModbusConnection } from "./connection.ts";
import { Line } from "./line.ts";
import type { ModbusPoint } from "./read-plan.ts";
import { deviceSchema } from "./settings.ts";
import { TcpPort } from "./tcp-port.ts";

const TIMEOUT_MS = 500;
const { signal } = new AbortController();

/** Two blocks, too far from each other for one request. */
const LOW = [0, 1, 2];
const HIGH = [1000, 1001];

interface Asked {
  readonly id: number;
  readonly from: number;
  readonly count: number;
}

describe("scans over a Modbus socket", () => {
  let clock: SimClock;
  let asked: Asked[];
  let hear: (bytes: Buffer) => void;
  let connection: ModbusConnection;
  let points: readonly ModbusPoint[];
  let pointAt: (from: number) => ModbusPoint;

  beforeEach(async () => {
    clock = new SimClock();
    asked = [];
    const wire: Wire = {
      write: (bytes) => {
        const [id, from, count] = [0, 8, 10].map((at) => bytes.readUInt16BE(at));
        asked.push({ id, from, count } as Asked);
      },
      listen: (onBytes) => {
        hear = lendBytes(onBytes);
      },
      destroy: () => {},
    };
    const port = new TcpPort({ wire, clock, pauseMs: 0 });
    const line = new Line({ port, client: (await loadClient())(port), clock });
    const where = "test";
    connection = new ModbusConnection({
      line,
      where,
      clock,
      timeoutMs: TIMEOUT_MS,
      timeoutsMax: 99,
    });
    const device = deviceSchema.parse({ unitId: 7, maxGap: 0 });
    pointAt = (from) => {
      const address = addressSchema.parse({ address: `holding:${from}`, type: "uint16" });
      return { id: `m/${from}`, address, device };
    };
    points = [...LOW, ...HIGH].map(pointAt);
    // At its first contact no read is plain yet.
    await scanOf(1);
  });

  it("have their own samples: no later one changes what an earlier one gave", async () => {
    const first = await scanOf(2);
    const kept = [...first];
    await clock.advance(1000);
    const second = await scanOf(3);
    expect([...first]).toEqual(kept);
    expect(valuesOf(first)).toEqual([2, 2, 2, 2, 2]);
    expect(valuesOf(second)).toEqual([3, 3, 3, 3, 3]);
    expect(second.at(0)?.timestampMs).toBe((first.at(0)?.timestampMs ?? 0) + 1000);
  });

  it("of the same points may overlap, and each has its own", async () => {
    for (const value of [2, 4, 6]) {
      const both = [connection.read(points, signal), connection.read(points, signal)];
      await clock.advance(0);
      // They take turns: the low block of each, then the high ones.
      for (const given of [0, 1, 2, 3]) await answer(value + given);
      const [first, second] = await Promise.all(both);
      expect(valuesOf(first ?? [])).toEqual([0, 0, 0, 2, 2].map((given) => value + given));
      expect(valuesOf(second ?? [])).toEqual([1, 1, 1, 3, 3].map((given) => value + given));
      await scanOf(1);
    }
  });

  it("date each block as it came", async () => {
    const scan = connection.read(points, signal);
    await clock.advance(100);
    await answer(2);
    await clock.advance(200);
    await answer(3);
    const samples = await scan;
    const [low, high] = [samples.at(0), samples.at(4)].map((one) => one?.timestampMs ?? 0);
    expect((high as number) - (low as number)).toBe(200);
    expect(valuesOf(samples)).toEqual([2, 2, 2, 3, 3]);
  });

  it("keep of a block that failed nothing, of the other what it gave", async () => {
    const scan = connection.read(points, signal);
    await clock.advance(0);
    await answer(2);
    await refuse(6);
    const samples = await scan;
    expect(valuesOf(samples)).toEqual([2, 2, 2, null, null]);
    expect(samples.at(3)).toMatchObject({ quality: "bad", reason: "device busy (exception 6)" });
    expect(valuesOf(await scanOf(4))).toEqual([4, 4, 4, 4, 4]);
  });

  it("take no answer for another's, however late it comes", async () => {
    const scan = connection.read(points, signal);
    await clock.advance(0);
    const late = asked.at(-1) as Asked;
    // A silent one is put once more.
    await clock.advance(TIMEOUT_MS);
    expect(asked.at(-1)).toEqual({ ...late, id: late.id + 1 });
    hear(frameOf(late, 9));
    await answer(2);
    hear(frameOf(late, 9));
    await answer(3);
    expect(valuesOf(await scan)).toEqual([2, 2, 2, 3, 3]);
  });

  it("wait for a unit that answers at once no longer than it may be slow for once", async () => {
    for (let count = 0; count < 10; count++) await scanOf(2);
    const scan = connection.read(points, signal);
    const first = asked.at(-1) as Asked;
    await clock.advance(100);
    expect(asked.at(-1)).toEqual({ ...first, id: first.id + 1 });
    await answer(3);
    await answer(4);
    expect(valuesOf(await scan)).toEqual([3, 3, 3, 4, 4]);
    // It was slow for once: from now on it has all its time again.
    const next = connection.read(points, signal);
    const second = asked.at(-1) as Asked;
    await clock.advance(TIMEOUT_MS - 1);
    expect(asked.at(-1)).toBe(second);
    await answer(5);
    await answer(6);
    expect(valuesOf(await next)).toEqual([5, 5, 5, 6, 6]);
  });

  it("ask a unit that is silent for nothing more until the next", async () => {
    const before = asked.length;
    const scan = connection.read(points, signal);
    await clock.advance(2 * TIMEOUT_MS);
    const samples = await scan;
    // Once more, since it answered until now.
    expect(asked.slice(before).map(({ from }) => from)).toEqual([0, 0]);
    expect([...samples].map(({ quality }) => quality)).toEqual(Array(5).fill("bad"));
    expect(samples.at(4)).toMatchObject({ reason: "timeout: no answer from unit 7 within 500 ms" });
    // What was not answered is asked for last.
    const next = connection.read(points, signal);
    await clock.advance(0);
    expect(asked.at(-1)?.from).toBe(1000);
    await answer(2);
    await answer(3);
    expect(valuesOf(await next)).toEqual([3, 3, 3, 2, 2]);
  });

  it("try what was refused again after a minute, and not before", async () => {
    const pair = [2000, 2001].map(pointAt);
    const refused = connection.read(pair, signal);
    // Both; the one, the other; both once more, since a busy device refuses as well.
    await refuse(2);
    await answer(1);
    await refuse(2);
    await settle(refused, () => refuse(2));
    const wanted = asked.length;
    await clock.advance(59_000);
    const resting = connection.read(pair, signal);
    await settle(resting, () => answer(2));
    expect(asked.slice(wanted).map(({ from, count }) => [from, count])).toEqual([[2000, 1]]);
    expect(valuesOf(await resting)).toEqual([2, null]);
    await clock.advance(2_000);
    const again = connection.read(pair, signal);
    await settle(again, () => answer(3));
    expect(valuesOf(await again)).toEqual([3, 3]);
  });

  it("of two classes at a time go one after the other, each with its own values", async () => {
    const [slow, fast] = [points.slice(0, 3), points.slice(3)];
    connection.schedule([
      { points: slow, intervalMs: 5000 },
      { points: fast, intervalMs: 500 },
    ]);
    const before = asked.length;
    const both = [connection.read(slow, signal), connection.read(fast, signal)];
    await clock.advance(0);
    expect(asked.length - before).toBe(1);
    await answer(2);
    expect(asked.length - before).toBe(2);
    await answer(3);
    const [slowly, fastly] = await Promise.all(both);
    expect([slowly, fastly].map((one) => valuesOf(one ?? []))).toEqual([
      [2, 2, 2],
      [3, 3],
    ]);
  });

  it("that are to end ask for nothing more", async () => {
    const ending = new AbortController();
    const scan = connection.read(points, ending.signal);
    const before = asked.length;
    ending.abort();
    await answer(2);
    await expect(scan).rejects.toThrow("reading was ended");
    expect(asked.length).toBe(before);
  });

  it("are told of a line that ends amid them", async () => {
    const scan = connection.read(points, signal);
    const ended = expect(scan).rejects.toThrow("the connection was closed");
    await connection.close();
    await ended;
    await expect(connection.read(points, signal)).rejects.toThrow("the connection was closed");
  });

  /** All registers hold this. */
  async function scanOf(value: number): Promise<Samples> {
    const scan = connection.read(points, signal);
    await clock.advance(0);
    await answer(value);
    await answer(value);
    return await scan;
  }

  /** Answers what was asked last. */
  async function answer(value: number): Promise<void> {
    hear(frameOf(asked.at(-1) as Asked, value));
    await clock.advance(0);
  }

  /** Does it until the scan is over. */
  async function settle(scan: Promise<unknown>, act: () => Promise<void>): Promise<void> {
    let isOver = false;
    void scan.finally(() => {
      isOver = true;
    });
    for (let count = 0; count < 10 && !isOver; count++) await act();
  }

  async function refuse(code: number): Promise<void> {
    const { id } = asked.at(-1) as Asked;
    hear(Buffer.from([id >> 8, id, 0, 0, 0, 3, 7, 0x83, code]));
    await clock.advance(0);
  }
});

function frameOf({ id, count }: Asked, value: number): Buffer {
  const values = Array.from({ length: count }, () => [0, value]).flat();
  return Buffer.from([id >> 8, id, 0, 0, 0, 3 + values.length, 7, 3, values.length, ...values]);
}

const valuesOf = (samples: Iterable<Sample>) => [...samples].map(({ value }) => value);
