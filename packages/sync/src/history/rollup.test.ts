import { describe, expect, it } from "vitest";
import { ByteReader } from "../block/byte-reader.ts";
import { ByteWriter } from "../block/byte-writer.ts";
import {
  emptyRollup,
  increasesOf,
  MINUTE_MS,
  mergeRollups,
  QUARTER_MS,
  type Rollup,
  rollUp,
} from "./rollup.ts";
import { readRollups, writeRollups } from "./rollup-run.ts";
import { Quality, SampleColumns } from "./sample-columns.ts";

const START = 1_767_225_600_000;

/** One sample every ten seconds; null is a bad one. */
function samplesOf(values: readonly (number | null)[]): SampleColumns {
  const samples = new SampleColumns();
  for (const [index, value] of values.entries()) {
    const quality = value === null ? Quality.bad : Quality.good;
    samples.add(START + index * 10_000, value ?? Number.NaN, quality);
  }
  return samples;
}

const increaseOf = (values: readonly number[]) => {
  return increasesOf(rollUp(samplesOf(values), MINUTE_MS));
};

describe("rollups", () => {
  it("count what has a value and what has none", () => {
    const [first, second] = rollUp(samplesOf([1, 2, null, 6, 3, null, null]), MINUTE_MS);
    expect(first).toEqual({
      ...{ atMs: START, count: 4, badCount: 2, min: 1, max: 6, mean: 3, first: 1, last: 3 },
      ...{ lost: 3, isFirstMisread: false },
    });
    expect(second).toEqual({ ...emptyRollup(START + MINUTE_MS), badCount: 1 });
  });

  it.each<[string, number[], number[]]>([
    ["goes on", [10, 11, 12, 13, 14, 15, 17], [5, 2]],
    ["begins anew at nought", [100, 101, 2, 3, 4, 5, 6], [6, 1]],
    ["begins anew between two stretches", [100, 101, 102, 103, 104, 105, 1], [5, 1]],
    ["is read wrong once", [100, 101, 0, 102, 103, 104, 105], [4, 1]],
    ["is read wrong at the end of a stretch", [100, 101, 102, 103, 104, 0, 105, 106], [-100, 106]],
    ["is read wrong at the beginning of one", [100, 101, 102, 103, 104, 105, 0, 107], [5, 2]],
    ["trembles in its last digit", [100, 99.9, 100, 100, 100, 100, 100], [0, 0]],
    ["has tenths", [0.1, 0.3, 0.3, 0.3, 0.3, 0.4, 0.7], [0.3, 0.3]],
    ["was exchanged for one of less", [100, 101, 70, 71, 71, 71, 72], [2, 1]],
    ["goes round after 65535", [65_530, 65_535, 4, 5, 6, 7, 8], [12, 1]],
  ])("say how far a counter went that %s", (_, values, increases) => {
    expect(increaseOf(values)).toEqual(increases);
  });

  it("become wider without the samples", () => {
    const samples = samplesOf(
      Array.from({ length: 400 }, (_, index) => (index % 11 === 3 ? null : (index * 7) % 23)),
    );
    const direct = rollUp(samples, QUARTER_MS);
    const merged = mergeRollups(rollUp(samples, MINUTE_MS), QUARTER_MS);
    expect(
      merged.map(({ count, badCount, min, max, first, last }) => {
        return { count, badCount, min, max, first, last };
      }),
    ).toEqual(
      direct.map(({ count, badCount, min, max, first, last }) => {
        return { count, badCount, min, max, first, last };
      }),
    );
    for (const [at, { mean }] of merged.entries()) expect(mean).toBeCloseTo(direct[at]?.mean ?? 0);
  });

  it.each<[string, (number | null)[]]>([
    ["tenths", [230.1, 230.4, null, 229.9, 230, 1, 7, 7, 7, 7, 7, 7, 7, null, null]],
    ["float32", [1.1, 2.7, 3.3].map(Math.fround)],
    ["doubles", [Math.PI, Math.E, 1e300, -1e-7]],
    ["tenths and float32", [0.1, Math.fround(0.1)]],
    ["nothing", []],
  ])("of %s are read as they were written", (_, values) => {
    const rollups = rollUp(samplesOf(values), MINUTE_MS);
    const writer = new ByteWriter();
    const about = { startMs: START, widthMs: MINUTE_MS };
    writeRollups(rollups, about, writer);
    const read = readRollups(new ByteReader(writer.view()), about);
    const exact = ({ mean: _mean, ...rest }: Rollup) => rest;
    expect(read.map(exact)).toEqual(rollups.map(exact));
    for (const [at, { mean, min, max }] of read.entries()) {
      const off = Math.abs(mean - (rollups[at]?.mean ?? 0));
      expect(Number.isNaN(mean) || off <= (max - min) * 1e-6).toBe(true);
    }
  });
});
