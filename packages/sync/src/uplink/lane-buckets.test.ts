import type { Lane } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { LaneBuckets } from "./lane-buckets.ts";

const RATE = 1000;
const MESSAGE_BYTES = 100;
/** Bytes a second that a lane would like to send. */
type Demand = Readonly<Record<Lane, number>>;
const ALL = Number.POSITIVE_INFINITY;

/** What each lane got per second, of ten minutes, each taking what it may in this order. */
function sharesOf(demand: Demand, order: readonly Lane[] = ["l", "r", "b"]): Demand {
  const buckets = new LaneBuckets({ l: 0.7, r: 0.15, b: 0.15 });
  buckets.setRate(RATE, 0);
  const sent = { l: 0, r: 0, b: 0 };
  const seconds = 600;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 10) {
    for (const lane of order) {
      const wanted = (demand[lane] * nowMs) / 1000;
      while (sent[lane] + MESSAGE_BYTES <= wanted && buckets.waitMs(lane, nowMs) === 0) {
        buckets.charge(lane, MESSAGE_BYTES, nowMs);
        sent[lane] += MESSAGE_BYTES;
      }
    }
  }
  const perSecond = (lane: Lane) => Math.round(sent[lane] / seconds / 10) * 10;
  return { l: perSecond("l"), r: perSecond("r"), b: perSecond("b") };
}

describe("a rate shared by lanes", () => {
  it.each<[string, Demand, Demand]>([
    ["goes whole to a backlog alone", { l: 0, r: 0, b: ALL }, { l: 0, r: 0, b: 1000 }],
    ["goes whole to live alone", { l: ALL, r: 0, b: 0 }, { l: 1000, r: 0, b: 0 }],
    ["serves live first", { l: 400, r: 0, b: ALL }, { l: 400, r: 0, b: 600 }],
    ["leaves the backlog its share", { l: ALL, r: 0, b: ALL }, { l: 850, r: 0, b: 150 }],
    ["leaves repairs their share", { l: ALL, r: ALL, b: ALL }, { l: 700, r: 150, b: 150 }],
    ["leaves live its share", { l: 700, r: ALL, b: ALL }, { l: 700, r: 150, b: 150 }],
    ["repairs before the backlog", { l: 100, r: ALL, b: ALL }, { l: 100, r: 750, b: 150 }],
    ["gives what is asked for", { l: 100, r: 200, b: 300 }, { l: 100, r: 200, b: 300 }],
  ])("%s", (_name, demand, expected) => {
    for (const order of [["l", "r", "b"] as const, ["b", "r", "l"] as const]) {
      const got = sharesOf(demand, order);
      for (const lane of ["l", "r", "b"] as const) {
        expect(Math.abs(got[lane] - expected[lane]), `${lane} in ${order}`).toBeLessThanOrEqual(10);
      }
    }
  });

  it("lets live go at once while the backlog owes a whole minute", () => {
    const buckets = new LaneBuckets({ l: 0.7, r: 0.15, b: 0.15 });
    buckets.setRate(RATE, 0);
    buckets.charge("b", 60 * RATE, 0);
    expect(buckets.waitMs("l", 1)).toBe(0);
    expect(buckets.waitMs("b", 1)).toBeGreaterThan(50_000);
  });

  it("has no limit until it has a rate, and keeps debts when the rate changes", () => {
    const buckets = new LaneBuckets({ b: 1 });
    buckets.charge("b", 1e9, 0);
    expect(buckets.waitMs("b", 0)).toBe(0);
    buckets.setRate(100, 0);
    expect(buckets.waitMs("b", 0)).toBe(0);
    buckets.charge("b", 1100, 0);
    expect(buckets.waitMs("b", 0)).toBe(10_000);
    buckets.setRate(1000, 0);
    expect(buckets.waitMs("b", 0)).toBe(1000);
    expect(buckets.waitMs("l", 0)).toBe(0);
  });
});
