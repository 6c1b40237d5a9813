import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NibbleReader } from "./nibbles.ts";
import { PendingRuns, runsOf } from "./pending-runs.ts";
import { Quality, SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";

type Told = readonly [timeMs: number, value: number, quality: number];
const ALL = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const START = 1_767_225_600_000;

function columnsOf(bytes: Uint8Array, baseMs: number): Told[] {
  const samples = new SampleColumns();
  readRun(new NibbleReader(bytes), { baseMs, ...ALL }, samples);
  return Array.from({ length: samples.count }, (_, at) => {
    return [samples.timesMs[at], samples.values[at], samples.qualities[at]] as Told;
  });
}

const value = fc.oneof(
  fc.integer({ min: -9999, max: 9999 }).map((tenths) => tenths / 10),
  fc.float(),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, 1e300, 2 ** 60, 230.1),
);
const told = fc
  .tuple(
    fc.integer({ min: -5000, max: 90_000_000 }).map((ms) => START + ms),
    value,
    fc.constantFrom<number>(Quality.good, Quality.uncertain, Quality.bad),
  )
  .map(([timeMs, number, quality]): Told => {
    return [timeMs, quality === Quality.bad ? Number.NaN : number, quality];
  });

describe("runs of samples", () => {
  it("hold what was put in, whatever it was, of each point by itself", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), told), { maxLength: 300 }), (samples) => {
        const pending = new PendingRuns(4, 1e6);
        for (const [slot, [timeMs, number, quality]] of samples) {
          pending.add(slot, timeMs, [number, quality]);
        }
        const own = (wanted: number) =>
          samples.filter(([slot]) => slot === wanted).map(([, sample]) => sample);
        const { baseMs, bytes } = pending.runOf(2);
        expect(columnsOf(bytes, baseMs)).toEqual(own(2));
        const taken = pending.take();
        const runOf = runsOf(taken);
        for (const slot of [0, 1, 2, 3]) {
          expect(columnsOf(runOf(slot), taken.baseMs)).toEqual(own(slot));
        }
        expect([pending.sampleCount, pending.take().bytes.length]).toEqual([0, 0]);
      }),
    );
  });

  it("take about a byte a sample of tenths, and no more than their room", () => {
    const pending = new PendingRuns(1, 600);
    for (let second = 0; second < 200; second++) {
      pending.add(0, START + second * 1000, [230 + (second % 7) / 10, Quality.good]);
    }
    expect(pending.isFull).toBe(false);
    expect(pending.take().bytes.length).toBeLessThan(250);
    for (let second = 0; !pending.isFull; second++) {
      pending.add(0, START + second * 7919, [Math.sqrt(second), Quality.good]);
      expect(second).toBeLessThan(80);
    }
  });
});
