import { describe, expect, it } from "vitest";
import { createSimulatedBus } from "../../testing/simulated-bus.ts";
import { modbusRtuDriver } from "./driver.ts";
import type { ModbusPoint } from "./read-plan.ts";

// Units made at random, small enough that every way to read them can be tried.
interface MadeUnit {
  readonly spans: readonly Span[];
  readonly holes: readonly number[];
  readonly countMax: number;
  readonly maxGap: number;
}
type Span = readonly [from: number, count: number];

const TURNAROUND_MS = 40;
const UNITS = 100;
const { signal } = new AbortController();

function createUnit(random: (below: number) => number): MadeUnit {
  const some = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const types = ["uint16", "uint16", "uint32", "uint64"] as const;
  const words = { uint16: 1, uint32: 2, uint64: 4 };
  const span = (): Span => [random(26), words[types[random(types.length)] ?? "uint16"]];
  return {
    spans: some(1 + random(7), span),
    holes: some(random(4), () => random(26)),
    countMax: 3 + random(9),
    maxGap: random(7),
  };
}

function isTaken({ holes, countMax }: MadeUnit, from: number, count: number): boolean {
  return count <= countMax && !holes.some((at) => at >= from && at < from + count);
}

function pointsOf({ spans, maxGap }: MadeUnit): ModbusPoint[] {
  const device = modbusRtuDriver.deviceSchema?.parse({ unitId: 1, maxGap });
  if (!device) throw new Error("the driver has a device schema");
  return spans.map(([from, count], index) => ({
    id: `unit/${index}`,
    address: modbusRtuDriver.addressSchema.parse({
      address: `holding:${from}`,
      type: count === 1 ? "uint16" : count === 2 ? "uint32" : "uint64",
    }),
    device,
  }));
}

function createBus(unit: MadeUnit) {
  const read = (from: number, count: number) => {
    const asked = Array.from({ length: count }, (_, index) => from + index);
    return isTaken(unit, from, count) ? asked : null;
  };
  const units = { 1: { holding: { read } } };
  const options = { latencyMs: 3, timeoutMs: 500, turnaroundMs: TURNAROUND_MS };
  const bus = createSimulatedBus({ units, ...options });
  const points = pointsOf(unit);
  const scan = async () => {
    const before = bus.asked.length;
    const reading = bus.connection.read(points, signal);
    await bus.clock.advance(15_000);
    const samples = [...(await reading)];
    const good = samples.map(({ quality }) => quality === "good");
    return { good, requests: bus.asked.length - before };
  };
  return { ...bus, scan };
}

/**
 * The fewest requests for what can be read, by trying every way to share it out. Which register of
 * a refused point it is that the device refuses nobody asks: no request reaches across the others.
 */
function fewest(unit: MadeUnit): number {
  const readable = unit.spans.filter(([from, count]) => isTaken(unit, from, count));
  let best = readable.length;
  const groups: Span[][] = [];
  const place = (index: number): void => {
    if (groups.length >= best) return;
    const span = readable[index];
    if (!span) {
      if (groups.every((group) => isOneRequest(unit, group))) best = groups.length;
      return;
    }
    for (const group of groups) {
      group.push(span);
      place(index + 1);
      group.pop();
    }
    groups.push([span]);
    place(index + 1);
    groups.pop();
  };
  place(0);
  return best;
}

function isOneRequest(unit: MadeUnit, group: readonly Span[]): boolean {
  const wanted = new Set(group.flatMap(([from, count]) => range(from, from + count)));
  const from = Math.min(...wanted);
  const end = Math.max(...wanted) + 1;
  const gaps = range(from, end).map((at) => (wanted.has(at) ? " " : "x"));
  const widest = Math.max(
    ...gaps
      .join("")
      .split(" ")
      .map(({ length }) => length),
  );
  if (!isTaken(unit, from, end - from) || widest > unit.maxGap) return false;
  const read = unit.spans.filter((span) => isTaken(unit, ...span));
  const refused = unit.spans.filter((span) => !isTaken(unit, ...span));
  const isIn = (at: number) => (span: Span) => at >= span[0] && at < span[0] + span[1];
  return range(from, end).every((at) => read.some(isIn(at)) || !refused.some(isIn(at)));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

describe("units that refuse holes and long requests and need 40 ms of silence", () => {
  it("are read with the fewest requests there can be from the fourth scan on", async () => {
    const random = randomOf(11);
    for (let count = 0; count < UNITS; count++) {
      const unit = createUnit(random);
      const bus = createBus(unit);
      for (let cycle = 0; cycle < 3; cycle++) await bus.scan();
      const good = unit.spans.map(([from, words]) => isTaken(unit, from, words));
      expect({ unit, ...(await bus.scan()) }).toEqual({ unit, good, requests: fewest(unit) });
    }
  });
});
