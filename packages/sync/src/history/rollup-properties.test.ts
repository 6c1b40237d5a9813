import fc from "fast-check";
import { expect, test } from "vitest";
import { referenceRollups, type ToldSample } from "../../testing/rollup-reference.ts";
import { ByteReader } from "../block/byte-reader.ts";
import { ByteWriter } from "../block/byte-writer.ts";
import { fuller, MINUTE_MS, mergeRollups, QUARTER_MS, type Rollup, rollUp } from "./rollup.ts";
import { readRollups, writeRollups } from "./rollup-run.ts";
import { Quality, SampleColumns } from "./sample-columns.ts";

const START = 1_767_225_600_000;

const number = fc.oneof(
  fc.integer({ min: -20, max: 300 }),
  fc.integer({ min: 0, max: 9999 }).map((tenths) => tenths / 10),
  fc.constantFrom(
    0,
    -0,
    99.9,
    100,
    1e308,
    -1e308,
    2 ** 60,
    5e-324,
    Number.MAX_VALUE,
    4_294_967_295,
  ),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.double(),
);
/** What may be told of a point: also bad, not a number, twice, late. */
const told = fc.record<ToldSample>({
  atMs: fc.integer({ min: 0, max: 5 * MINUTE_MS }).map((ms) => START + 3 * ms),
  value: fc.option(fc.oneof(number, fc.constantFrom(Infinity, -Infinity, Number.NaN)), { freq: 6 }),
});

function columnsOf(samples: readonly ToldSample[]): SampleColumns {
  const columns = new SampleColumns();
  for (const { atMs, value } of samples) {
    columns.add(atMs, value ?? Number.NaN, value === null ? Quality.bad : Quality.good);
  }
  columns.sort();
  return columns;
}

/** Means are as exact as sums of doubles, and 24 bits between lowest and highest. */
function expectAlike(found: readonly Rollup[], wanted: readonly Rollup[]): void {
  const exact = ({ mean: _mean, ...rest }: Rollup) => rest;
  expect(found.map(exact)).toEqual(wanted.map(exact));
  for (const [at, { mean }] of found.entries()) {
    const { mean: expected, min, max, count } = wanted[at] as Rollup;
    const size = Math.max(Math.abs(min), Math.abs(max));
    const offMax = (max / 2 - min / 2) * 3e-7 + size * 1e-12 + 1e-300;
    if (count > 0) expect(Math.abs(mean - expected)).toBeLessThanOrEqual(offMax);
    else expect(mean).toBeNaN();
  }
}

const samplesOf = (maxLength: number) => fc.array(told, { maxLength });

test("minutes and quarters are what a plain count of their samples comes to", () => {
  fc.assert(
    fc.property(samplesOf(60), (samples) => {
      for (const widthMs of [1000, MINUTE_MS, QUARTER_MS]) {
        expectAlike(rollUp(columnsOf(samples), widthMs), referenceRollups(samples, widthMs));
      }
    }),
  );
});

test("they are read as they were written", () => {
  fc.assert(
    fc.property(samplesOf(60), (samples) => {
      const wanted = referenceRollups(samples, MINUTE_MS);
      const writer = new ByteWriter(16);
      const widths = { startMs: START, widthMs: MINUTE_MS };
      writeRollups(rollUp(columnsOf(samples), MINUTE_MS), widths, writer);
      expectAlike(readRollups(new ByteReader(writer.view()), widths), wanted);
    }),
  );
});

test("wider ones are made of narrower ones without the samples", () => {
  const counted = fc.array(
    fc.record<ToldSample>({
      atMs: fc.integer({ min: 0, max: 15 * MINUTE_MS - 1 }).map((ms) => START + ms),
      value: fc.option(fc.integer({ min: 0, max: 50 }), { freq: 9 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(counted, (samples) => {
      const merged = mergeRollups(rollUp(columnsOf(samples), MINUTE_MS), QUARTER_MS);
      expectAlike(merged, referenceRollups(samples, QUARTER_MS));
    }),
  );
});

test("of two counts of one stretch the one of more samples stays", () => {
  fc.assert(
    fc.property(samplesOf(40), samplesOf(40), (some, others) => {
      const [all, few] = [
        rollUp(columnsOf([...some, ...others]), MINUTE_MS),
        rollUp(columnsOf(some), MINUTE_MS),
      ];
      expect(fuller(all, few).map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs));
      const size = ({ count, badCount }: Rollup) => count + badCount;
      for (const chosen of [fuller(few, all), fuller(all, few)]) {
        expect(chosen.map(size)).toEqual(all.map(size));
      }
    }),
  );
});
