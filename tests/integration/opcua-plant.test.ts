import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opcuaDriver } from "@headgate/drivers/opcua";
import {
  type BrowsedNode,
  type Connection,
  type Log,
  type Point,
  type Sample,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CutLine } from "./peers/cut-line.ts";
import { freePort } from "./peers/free-port.ts";
import { type OpcuaPeer, startOpcuaPlant } from "./peers/opcua-peer.ts";

/** Long enough that a busy server looks at each value before the next. */
const PERIOD_MS = 250;
const COUNTERS = 40;
const MACHINES = 20;
const ITEMS_MAX = 25;
const WAIT = { timeout: 60_000, interval: 50 };

describe("an OPC UA server with a history, many nodes and room for few items", () => {
  const ended = new AbortController();
  const logged: string[] = [];
  const log: Log = { ...silentLog, info: (message) => void logged.push(message) };
  let directory: string;
  let plant: OpcuaPeer;
  let line: CutLine;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "headgate-opcua-plant-"));
    plant = await startOpcuaPlant({
      directory: join(directory, "plant"),
      port: await freePort(),
      periodMs: PERIOD_MS,
      counters: COUNTERS,
      machines: MACHINES,
      itemsMax: ITEMS_MAX,
    });
    line = await CutLine.to(plant.port);
  });
  afterAll(async () => {
    ended.abort();
    await line.close();
    await plant.kill();
    await rm(directory, { recursive: true });
  });

  it("gives every node once, and those that are sought", async () => {
    const connection = await open();
    const nodes = await browsed(connection, {});
    const values = nodes.filter(({ path }) => /^Machine\d+\/Value\d+$/.test(path));
    expect(values).toHaveLength(100 * MACHINES);
    expect(new Set(nodes.map(({ address }) => address)).size).toBe(nodes.length);
    const found = await browsed(connection, { search: "machine7/value9" });
    expect(found.map(({ path }) => path)).toEqual([
      "Machine7/Value9",
      ...Array.from({ length: 10 }, (_, n) => `Machine7/Value9${n}`),
    ]);
    await connection.close();
  });

  it("hands its subscription over after a cut: no hole, nothing twice", async () => {
    const points = [0, 1, 2].map(pointOf);
    const samples: Sample[] = [];
    const before = await open();
    const lost = watch(before, points, samples);
    await expect.poll(() => samples.length, WAIT).toBeGreaterThan(12);
    line.cut();
    await expect(lost).rejects.toBeInstanceOf(Unreachable);
    await before.close();
    const countThen = samples.length;
    await new Promise((resolve) => setTimeout(resolve, 5 * PERIOD_MS));
    line.mend();
    const after = await open();
    const stop = new AbortController();
    const watching = watch(after, points, samples, stop.signal);
    await expect.poll(() => samples.length - countThen, WAIT).toBeGreaterThan(30);
    stop.abort();
    await watching;
    await after.close();
    expect(logged).toContain("subscription taken over from the lost line");
    for (const { id } of points) expect(holesIn(samples, id)).toEqual([]);
  });

  it("is read where it takes no more items", async () => {
    const points = Array.from({ length: COUNTERS }, (_, n) => pointOf(n));
    const samples: Sample[] = [];
    const stop = new AbortController();
    const connection = await open();
    const watching = watch(connection, points, samples, stop.signal);
    const told = (count: number) => () =>
      points.every(({ id }) => samples.filter(({ pointId }) => pointId === id).length >= count);
    await expect.poll(told(3), WAIT).toBe(true);
    const [notice] = connection.notices?.() ?? [];
    expect(notice?.text).toContain(
      `${COUNTERS - ITEMS_MAX} of ${COUNTERS} points are read instead`,
    );
    stop.abort();
    await watching;
    await connection.close();
    expect(samples.filter(({ quality }) => quality !== "good")).toEqual([]);
    for (const { id } of points) {
      const values = samples.filter(({ pointId }) => pointId === id).map(({ value }) => value);
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it("remembers what happened while nobody listened", async () => {
    const connection = await open();
    const [last] = await connection.read([pointOf(0)], ended.signal);
    const toMs = last?.timestampMs ?? 0;
    const fromMs = toMs - 8 * PERIOD_MS;
    const spans = [0, 39].map((n) => ({ point: pointOf(n), fromMs, toMs }));
    const samples: Sample[] = [];
    for await (const page of connection.history?.(spans, ended.signal) ?? []) samples.push(...page);
    for (const { point } of spans) {
      const times = samples.filter(({ pointId }) => pointId === point.id);
      expect(times.map(({ timestampMs }) => timestampMs)).toEqual(
        Array.from({ length: 7 }, (_, n) => fromMs + (n + 1) * PERIOD_MS),
      );
    }
    await connection.close();
  });

  async function open(): Promise<Connection> {
    const settings = {
      endpoint: `opc.tcp://127.0.0.1:${line.port}`,
      publishingInterval: "200 ms",
      username: "viewer",
      password: "milk",
    };
    return (await opcuaDriver.open(opcuaDriver.configSchema.parse(settings), {
      clock: systemClock,
      log,
      signal: ended.signal,
      directory: join(directory, "gateway"),
    })) as Connection;
  }

  async function watch(
    connection: Connection,
    points: readonly Point[],
    into: Sample[],
    signal = ended.signal,
  ): Promise<void> {
    await connection.subscribe?.(points, (some) => into.push(...some), signal);
  }

  async function browsed(connection: Connection, query: object): Promise<BrowsedNode[]> {
    const nodes: BrowsedNode[] = [];
    for await (const page of connection.browse?.(query, ended.signal) ?? []) nodes.push(...page);
    return nodes;
  }
});

function pointOf(number: number): Point {
  const address = { address: `nsu=urn:dairy:plant;s=C${number}`, sampling: "50 ms" };
  return {
    id: `plant/C${number}`,
    address: opcuaDriver.addressSchema.parse(address),
    device: {},
  };
}

/** Numbers that do not follow the one before, in order. */
function holesIn(samples: readonly Sample[], pointId: string): unknown[] {
  const numbers = samples
    .filter((one) => one.pointId === pointId)
    .map(({ value }) => Number(value));
  return numbers.flatMap((number, index) => {
    const before = numbers[index - 1];
    return before === undefined || number === before + 1 ? [] : [[before, number]];
  });
}
