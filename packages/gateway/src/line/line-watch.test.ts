import type { Exchange } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DurationHistogram } from "./duration-histogram.ts";
import { LineWatch } from "./line-watch.ts";

const START_MS = 1_800_000_000_000;
const exchange = (more: Partial<Exchange> = {}): Exchange => ({
  unit: 7,
  outcome: "ok",
  exception: null,
  durationMs: 10,
  ...more,
});

function rig() {
  const clock = new SimClock(START_MS);
  return { clock, watch: new LineWatch(clock) };
}

describe("what is kept of a line", () => {
  it("is the last 200 pieces, as they were, with the time of day", async () => {
    const { clock, watch } = rig();
    for (let step = 0; step < 250; step++) {
      watch.sent(Buffer.from([step]));
      await clock.advance(1);
    }
    const records = watch.records();
    expect(records).toHaveLength(200);
    expect(records[0]).toEqual({ kind: "sent", atMs: START_MS + 50, bytes: Uint8Array.of(50) });
    expect(records.at(-1)?.bytes).toEqual(Uint8Array.of(249));
  });

  it("begins with a request, for an answer without one looks like nobody's", async () => {
    const { clock, watch } = rig();
    for (let step = 0; step < 101; step++) {
      watch.sent(Buffer.from([step, 1]));
      watch.received(Buffer.from([step, 2]));
      await clock.advance(100);
    }
    watch.sent(Buffer.from([101, 1]));
    const [first, ...rest] = watch.records();
    expect([first?.kind, first?.bytes[0], rest.length]).toEqual(["sent", 2, 198]);
  });

  it("joins what comes in pieces, and parts what comes later", async () => {
    const { clock, watch } = rig();
    watch.sent(Buffer.from([1]));
    watch.received(Buffer.from([2, 3]));
    watch.received(Buffer.from([4]));
    await clock.advance(100);
    watch.received(Buffer.from([5]));
    const kept = watch.records().map(({ kind, bytes }) => [kind, ...bytes]);
    expect(kept).toEqual([
      ["sent", 1],
      ["received", 2, 3, 4],
      ["received", 5],
    ]);
  });

  it("waits for a slow follower up to a limit of bytes too", () => {
    const { watch } = rig();
    const follower = watch.follow();
    for (let piece = 0; piece < 200; piece++) watch.received(Buffer.alloc(65_536));
    const { records, lostCount } = follower.take();
    const bytes = records.reduce((sum, record) => sum + record.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(records.length + lostCount).toBe(200);
    watch.received(Buffer.alloc(3));
    expect(follower.take()).toMatchObject({ records: [{ kind: "received" }], lostCount: 0 });
  });

  it("is every byte, however long the pieces are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 30 }), (pieces) => {
        const { watch } = rig();
        for (const bytes of pieces) watch.received(bytes);
        const kept = Buffer.concat(watch.records().map(({ bytes }) => bytes));
        expect(kept.equals(Buffer.concat(pieces))).toBe(true);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it("is copied: whoever lent the bytes may use them again", () => {
    const { watch } = rig();
    const bytes = Buffer.from([1, 2]);
    const follower = watch.follow();
    watch.sent(bytes);
    bytes.fill(9);
    for (const { records } of [{ records: watch.records() }, follower.take()]) {
      expect(records[0]?.bytes).toEqual(Uint8Array.of(1, 2));
    }
  });
});

describe("a follower", () => {
  it("gets what is there, then what is new, until it ends", () => {
    const { watch } = rig();
    watch.sent(Buffer.from([1]));
    const follower = watch.follow();
    watch.received(Buffer.from([2]));
    expect(follower.take().records.map(({ bytes }) => bytes[0])).toEqual([1, 2]);
    expect(follower.take()).toEqual({ records: [], lostCount: 0 });
    follower.end();
    watch.sent(Buffer.from([3]));
    expect(follower.take().records).toEqual([]);
  });

  it("that is too slow is told how much it lost", () => {
    const { watch } = rig();
    const follower = watch.follow();
    for (let step = 0; step < 5_100; step++) watch.sent(Buffer.from([1]));
    const { records, lostCount } = follower.take();
    expect([records.length, lostCount]).toEqual([5_000, 100]);
  });
});

describe("the counters of a unit", () => {
  it("say what became of its requests, and how long it was silent", async () => {
    const { clock, watch } = rig();
    watch.settled(exchange());
    await clock.advance(2_000);
    watch.settled(exchange({ outcome: "timeout", durationMs: 1000 }));
    watch.settled(exchange({ outcome: "checksum", durationMs: 1000 }));
    watch.settled(exchange({ outcome: "foreign", durationMs: 1000 }));
    watch.settled(exchange({ outcome: "malformed" }));
    watch.settled(exchange({ outcome: "exception", exception: "device busy", durationMs: 40 }));
    watch.settled(exchange({ unit: 8, outcome: "timeout" }));
    watch.stray();
    expect(watch.strayCount).toBe(1);
    expect(watch.units()[0]).toEqual({
      unit: 7,
      requestCount: 6,
      okCount: 1,
      timeoutCount: 1,
      checksumCount: 1,
      foreignCount: 1,
      malformedCount: 1,
      exceptions: { "device busy": 1 },
      roundTripMs: { p50: expect.closeTo(10, 0), p95: 40, max: 40 },
      longestSilenceMs: 2_000,
    });
    await clock.advance(9_000);
    const silences = watch.units().map(({ longestSilenceMs }) => longestSilenceMs);
    expect(silences).toEqual([9_000, 9_010]);
  });

  it("stay within a bound, whatever is on the line", () => {
    const { watch } = rig();
    for (let unit = 0; unit < 1_000; unit++) {
      watch.settled(exchange({ unit, outcome: "exception", exception: `fault ${unit}` }));
      watch.settled(exchange({ unit: 1, outcome: "exception", exception: `fault ${unit}` }));
    }
    const units = watch.units();
    expect(units).toHaveLength(256);
    expect(Object.keys(units[1]?.exceptions ?? {})).toHaveLength(16);
  });
});

it("quantiles of durations are right to 5 %", () => {
  const durations = fc.array(fc.double({ min: 0.06, max: 90_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95), (given, share) => {
      const histogram = new DurationHistogram();
      for (const ms of given) histogram.add(ms);
      const exact = given.toSorted((a, b) => a - b)[Math.ceil(share * given.length) - 1] ?? 0;
      expect(histogram.quantileMs(share) / exact).toBeGreaterThan(0.95);
      expect(histogram.quantileMs(share) / exact).toBeLessThan(1.05);
    }),
    { seed: 5, numRuns: 100 },
  );
});
