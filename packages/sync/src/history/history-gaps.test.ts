import { expect, test } from "vitest";
import { type GapRules, gapsOfRollups, gapsOfSamples } from "./history-gaps.ts";
import { emptyRollup } from "./rollup.ts";
import { Quality, SampleColumns } from "./sample-columns.ts";

const RULES = { fromMs: 0, toMs: 100, silentMs: 10, recorded: [{ fromMs: 0, toMs: 100 }] };

/** Times; those with a minus are bad. */
function samplesAt(...times: readonly number[]): SampleColumns {
  const samples = new SampleColumns();
  for (const time of times) {
    samples.add(Math.abs(time), 1, time < 0 ? Quality.bad : Quality.good);
  }
  return samples;
}

const every5 = (from: number, to: number) =>
  Array.from({ length: (to - from) / 5 + 1 }, (_, index) => from + index * 5);

test.each<[string, number[], Partial<GapRules>, string[]]>([
  ["all is there", every5(0, 100), {}, []],
  ["nothing is there", [], {}, ["silent 0-100"]],
  ["a device is silent", [...every5(0, 20), ...every5(60, 100)], {}, ["silent 20-60"]],
  ["it cannot be read", [...every5(0, 20), -25, -30, ...every5(60, 100)], {}, ["bad 25-60"]],
  ["it cannot be read to the end", [...every5(0, 90), -95], {}, ["bad 95-100"]],
  [
    "nothing told for long, then bad",
    [0, -50, 90, 100],
    { silentMs: 15 },
    ["silent 0-50", "bad 50-90"],
  ],
  ["it speaks by itself", [3, 80], { silentMs: null }, []],
  [
    "the gateway was off",
    [...every5(0, 20), ...every5(60, 100)],
    {
      recorded: [
        { fromMs: 0, toMs: 21 },
        { fromMs: 59, toMs: 100 },
      ],
    },
    ["off 20-60"],
  ],
  [
    "the gateway was off, of what speaks by itself",
    [3, 80],
    {
      silentMs: null,
      recorded: [
        { fromMs: 0, toMs: 21 },
        { fromMs: 59, toMs: 100 },
      ],
    },
    ["off 21-80"],
  ],
  [
    "a restart that nobody misses",
    every5(0, 100),
    {
      recorded: [
        { fromMs: 0, toMs: 21 },
        { fromMs: 24, toMs: 100 },
      ],
    },
    [],
  ],
])("gaps where %s", (_, times, rules, gaps) => {
  const found = gapsOfSamples(samplesAt(...times), { ...RULES, ...rules });
  expect(found.map(({ fromMs, toMs, why }) => `${why} ${fromMs}-${toMs}`)).toEqual(gaps);
});

test("gaps of stretches are as exact as they are", () => {
  const rollups = [
    { ...emptyRollup(0), count: 3 },
    { ...emptyRollup(10), badCount: 3 },
    { ...emptyRollup(20), badCount: 3 },
    { ...emptyRollup(30), count: 1, badCount: 2 },
    { ...emptyRollup(70), count: 3 },
  ];
  const found = gapsOfRollups(rollups, 10, RULES);
  expect(found.map(({ fromMs, toMs, why }) => `${why} ${fromMs}-${toMs}`)).toEqual([
    "bad 10-30",
    "silent 40-70",
    "silent 80-100",
  ]);
});
