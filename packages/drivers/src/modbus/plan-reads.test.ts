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
