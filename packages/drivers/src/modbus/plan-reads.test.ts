import { describe, expect, it } from "vitest";
import { planReads, type ReadLimits, requestFor, splitRequest, type Wanted } from "./plan-reads.ts";

const limits: ReadLimits = {
  maxRegisters: 125,
  maxBits: 2000,
  maxGap: 8,
  isOneRequestPerPoint: false,
};
const wanted = (...spans: [from: number, count: number][]): Wanted[] =>
  spans.map(([from, count], index) => ({ index, table: "holding" as const, from, count }));
const spansOf = (requests: { from: number; count: number }[]) =>
  requests.map(({ from, count }) => [from, count]);

describe("read planning", () => {
  it("merges neighbours and small gaps, and leaves wide ones", () => {
    expect(spansOf(planReads(wanted([0, 2], [2, 1], [11, 1], [21, 1]), limits))).toEqual([
      [0, 12],
      [21, 1],
    ]);
  });

  it("keeps to the length limit and never tears a point", () => {
    const points = wanted(...Array.from({ length: 50 }, (_, i): [number, number] => [i * 4, 4]));
    const requests = planReads(points, { ...limits, maxRegisters: 10 });
    expect(requests.every(({ count }) => count === 8)).toBe(true);
    expect(requests.flatMap((request) => request.wanted.map(({ index }) => index))).toEqual(
      points.map(({ index }) => index),
    );
  });

  it("reads 1000 adjoining registers in eight requests", () => {
    const points = wanted(...Array.from({ length: 1000 }, (_, i): [number, number] => [i, 1]));
    expect(planReads(points, limits)).toHaveLength(8);
  });

  it("reads overlapping points once", () => {
    expect(spansOf(planReads(wanted([0, 1], [0, 1], [0, 4], [2, 1]), limits))).toEqual([[0, 4]]);
  });

  it("keeps tables apart and gives bits their own limit", () => {
    const coils = Array.from({ length: 3000 }, (_, index): Wanted => {
      return { index, table: "coil", from: index, count: 1 };
    });
    const requests = planReads([...coils, ...wanted([0, 1])], limits);
    expect(requests.map(({ table, count }) => [table, count])).toEqual([
      ["coil", 2000],
      ["coil", 1000],
      ["holding", 1],
    ]);
  });

  it("asks one request a point where the device wants that", () => {
    const one = { ...limits, isOneRequestPerPoint: true };
    expect(spansOf(planReads(wanted([0, 1], [1, 1]), one))).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it("reaches across no barrier", () => {
    const boundary = [{ table: "holding" as const, from: 2, to: 2 }];
    expect(spansOf(planReads(wanted([0, 2], [2, 2]), limits, boundary))).toEqual([
      [0, 2],
      [2, 2],
    ]);
    const hole = [{ table: "holding" as const, from: 1, to: 3 }];
    expect(spansOf(planReads(wanted([0, 1], [3, 1]), limits, hole))).toEqual([
      [0, 1],
      [3, 1],
    ]);
    const elsewhere = [{ table: "input" as const, from: 1, to: 3 }];
    expect(spansOf(planReads(wanted([0, 1], [3, 1]), limits, elsewhere))).toEqual([[0, 4]]);
  });
});

describe("the fewest requests", () => {
  it("are what an exhaustive search finds, for small devices with barriers and overlaps", () => {
    const random = randomOf(7);
    for (let device = 0; device < 500; device++) {
      const points = wanted(
        ...Array.from({ length: 1 + random(7) }, (): [number, number] => [
          random(24),
          [1, 1, 2, 4][random(4)] as number,
        ]),
      );
      const barriers = Array.from({ length: random(3) }, () => {
        const from = random(24);
        return { table: "holding" as const, from, to: from + random(3) };
      });
      const own = { ...limits, maxRegisters: 4 + random(8), maxGap: random(5) };
      const requests = planReads(points, own, barriers);
      expect(requests.flatMap((r) => r.wanted.map(({ index }) => index)).sort()).toEqual(
        points.map(({ index }) => index).sort(),
      );
      for (const { wanted: covered } of requests) {
        expect(isOneRequest(covered, own, barriers)).toBe(true);
      }
      expect(requests.length).toBe(fewest(points, own, barriers));
    }
  });
});

type Barriers = NonNullable<Parameters<typeof planReads>[2]>;

/** Every way to share the points out, by brute force. */
function fewest(points: readonly Wanted[], own: ReadLimits, barriers: Barriers): number {
  let best = points.length;
  const groups: Wanted[][] = [];
  const place = (index: number): void => {
    if (groups.length >= best) return;
    const point = points[index];
    if (!point) {
      if (groups.every((group) => isOneRequest(group, own, barriers))) best = groups.length;
      return;
    }
    for (const group of groups) {
      group.push(point);
      place(index + 1);
      group.pop();
    }
    groups.push([point]);
    place(index + 1);
    groups.pop();
  };
  place(0);
  return best;
}

/** The rules of one request, said anew: a point alone always may be one. */
function isOneRequest(group: readonly Wanted[], own: ReadLimits, barriers: Barriers): boolean {
  if (group.length === 1) return true;
  const read = new Set(group.flatMap(({ from, count }) => range(from, from + count)));
  const from = Math.min(...read);
  const end = Math.max(...read) + 1;
  if (end - from > own.maxRegisters) return false;
  if (barriers.some((barrier) => barrier.from < end && from < barrier.to)) return false;
  const gaps = range(from, end).map((at) => (read.has(at) ? " " : "x"));
  return gaps
    .join("")
    .split(" ")
    .every(({ length }) => length <= own.maxGap);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

describe("splitting a refused request", () => {
  const halves = (points: Wanted[]) => splitRequest(requestFor(points))?.map(({ from }) => from);

  it("cuts at the widest gap, else in the middle", () => {
    expect(halves(wanted([0, 1], [1, 1], [2, 1], [7, 1]))).toEqual([0, 7]);
    expect(halves(wanted([0, 1], [1, 1], [2, 1], [3, 1]))).toEqual([0, 2]);
  });

  it("cuts overlapping points apart, but not points of one place", () => {
    expect(halves(wanted([0, 2], [1, 2]))).toEqual([0, 1]);
    expect(splitRequest(requestFor(wanted([5, 1], [5, 1])))).toBeNull();
    expect(splitRequest(requestFor(wanted([5, 1])))).toBeNull();
  });
});
