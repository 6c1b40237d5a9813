import type { Clock, Sample } from "@headgate/model";
import { beforeEach, expect, test } from "vitest";
import { HistoryIntake } from "./history-intake.ts";
import { NibbleReader } from "./nibbles.ts";
import { runsOf } from "./pending-runs.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readRun } from "./sample-run.ts";

const START = 1_767_225_600_000;
const DAY_MS = 86_400_000;
const ALL = { fromMs: -Infinity, toMs: Infinity };

let [nowMs, monotonicMs] = [START, 0];
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => monotonicMs,
  sleep: () => Promise.resolve(),
};
const pass = (ms: number) => {
  nowMs += ms;
  monotonicMs += ms;
};
beforeEach(() => {
  [nowMs, monotonicMs] = [START, 0];
});

const sample = (pointId: string, atMs: number, value: Sample["value"]): Sample =>
  ({ pointId, timestampMs: START + atMs, quality: "good", value }) as Sample;
const bad = (pointId: string, atMs: number): Sample => {
  const about = { pointId, timestampMs: START + atMs, value: null };
  return { ...about, quality: "bad", reason: "timeout" } as Sample;
};

/** What is taken of each point: parcels of `[ms since START, value, quality]`. */
function takenOf(intake: HistoryIntake) {
  return intake.take().map(({ pointIds, stored: { runs } }) => {
    const runOf = runsOf(runs);
    return pointIds.map((_, slot) => {
      const samples = new SampleColumns();
      readRun(new NibbleReader(runOf(slot)), { baseMs: runs.baseMs, ...ALL }, samples);
      return Array.from({ length: samples.count }, (_, at) => {
        const { timesMs, values, qualities } = samples;
        return [(timesMs[at] as number) - START, values[at], qualities[at]];
      });
    });
  });
}

test("numbers and switches are kept, text is not, nor that it could not be read", () => {
  const intake = new HistoryIntake(["a", "b"], clock);
  intake.keep([sample("a", 0, 5), sample("b", 0, "on"), sample("none", 0, 1)]);
  intake.keep([sample("a", 1, true), bad("b", 1), sample("a", 2, 7n), bad("a", 3)]);
  const ofA = [
    [0, 5, 0],
    [1, 1, 0],
    [2, 7, 0],
    [3, Number.NaN, 2],
  ];
  expect(takenOf(intake)).toEqual([[ofA, []]]);
  expect(intake.take()).toEqual([]);
});

test("what is no finite number tells nothing", () => {
  const intake = new HistoryIntake(["a"], clock);
  for (const value of [Number.NaN, Infinity, -Infinity]) intake.keep([sample("a", 0, value)]);
  expect(takenOf(intake)).toEqual([[[0, 0, 0].map((at) => [at, Number.NaN, 2])]]);
});

test("a device's wrong clock spoils nothing: dates that cannot be are left out", () => {
  const intake = new HistoryIntake(["a"], clock);
  for (const atMs of [Number.NaN, -START - 1, -401 * DAY_MS, 2 * DAY_MS, Infinity]) {
    intake.keep([sample("a", atMs, 1)]);
  }
  expect(intake.take()).toEqual([]);
});

test("what comes late lies apart, with the quarters of an hour that it is of", () => {
  const intake = new HistoryIntake(["a"], clock);
  intake.keep([sample("a", 0, 1), sample("a", -DAY_MS, 2), sample("a", -60_000, 3)]);
  intake.keep([sample("a", -DAY_MS + 900_000, 4)]);
  const [near, late] = intake.take();
  const quarters = (parcel: typeof near) =>
    parcel?.stored.runs.quartersMs.map((ms) => (ms - START) / 900_000);
  expect(quarters(near)).toEqual([0, -1]);
  expect(quarters(late)).toEqual([-96, -95]);
});

test("when it was recorded goes on from parcel to parcel, and over other points", () => {
  const intake = new HistoryIntake(["a"], clock);
  const take = (from: HistoryIntake) => {
    from.keep([sample("a", nowMs - START, 1)]);
    return from
      .take()
      .map(({ stored: { recorded } }) => [recorded.fromMs - START, recorded.toMs - START]);
  };
  pass(60_000);
  expect(intake.take()).toEqual([]);
  pass(1000);
  expect(take(intake)).toEqual([[0, 61_000]]);
  pass(1000);
  const other = new HistoryIntake(["a", "b"], clock, intake);
  pass(1000);
  expect(other.pendingOf("a").recorded).toEqual({ fromMs: START + 61_000, toMs: START + 63_000 });
  expect(take(other)).toEqual([[61_000, 63_000]]);
});

test.each([
  ["forth", 3_600_000],
  ["back", -3_600_000],
])("a clock that is set %s an hour makes no hour of record", (_, ms) => {
  const intake = new HistoryIntake(["a"], clock);
  pass(20_000);
  nowMs += ms;
  pass(10_000);
  const { fromMs, toMs } = intake.pendingOf("a").recorded;
  expect([fromMs - START, toMs - START]).toEqual([ms, ms + 30_000]);
});
