import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { referenceRollups, type ToldSample } from "../../testing/rollup-reference.ts";
import { createHistoryCalls } from "./history-calls.ts";
import type { HistoryCalls } from "./history-messages.ts";
import { PendingRuns } from "./pending-runs.ts";
import { MINUTE_MS, QUARTER_MS } from "./rollup.ts";
import { Quality } from "./sample-columns.ts";

/** Ten minutes before a month and a year end. */
const START = Date.UTC(2026, 0, 1) - 10 * MINUTE_MS;
const SPAN_MS = 50 * MINUTE_MS;
const POINTS = ["a/x", "a/y", "b/x"];
const NONE = { pending: [], recorded: { fromMs: 0, toMs: 0 } };
const EVERYTHING = { fromMs: START - 1e8, toMs: START + 1e9, countMax: 100_000, silentMs: null };

interface Told extends ToldSample {
  readonly slot: number;
}

const told = fc.record<Told>({
  slot: fc.nat(POINTS.length - 1),
  atMs: fc.integer({ min: 0, max: SPAN_MS }).map((ms) => START + ms),
  value: fc.option(
    fc.oneof(
      fc.integer({ min: 0, max: 99 }),
      fc.integer().map((tenths) => tenths / 10),
    ),
    { freq: 6 },
  ),
});
/** What is stored at once, how much is rolled up after it, and whether it is closed then. */
const parcels = fc.array(
  fc.record({
    samples: fc.array(told, { maxLength: 12 }),
    tidyMinutes: fc.integer({ min: 0, max: 90 }),
    isClosed: fc.boolean(),
  }),
  { maxLength: 8 },
);

function store(calls: HistoryCalls, samples: readonly Told[], fromMs: number): void {
  const pending = new PendingRuns(POINTS.length, 2 ** 20);
  for (const { slot, atMs, value } of samples) {
    const quality = value === null ? Quality.bad : Quality.good;
    pending.add(slot, atMs, [value ?? Number.NaN, quality]);
  }
  const recorded = { fromMs, toMs: fromMs + MINUTE_MS };
  let status = calls.store({ runs: pending.take(), recorded });
  while (!status) status = calls.storeMore(null);
}

test("whatever came in whatever order: what is told is of all of it", () => {
  fc.assert(
    fc.property(parcels, (all) => {
      const directory = mkdtempSync(join(tmpdir(), "headgate-history-"));
      const calls = createHistoryCalls();
      const open = () => calls.open({ directory, capacityBytesMax: 2 ** 26, pointIds: POINTS });
      try {
        open();
        let nowMs = START;
        for (const { samples, tidyMinutes, isClosed } of all) {
          if (samples.length > 0) store(calls, samples, nowMs);
          nowMs += tidyMinutes * MINUTE_MS;
          while (calls.tidy(nowMs));
          if (!isClosed) continue;
          calls.close(null);
          open();
        }
        const look = () => {
          for (const [slot, pointId] of POINTS.entries()) {
            const own = all.flatMap(({ samples }) => samples.filter((one) => one.slot === slot));
            expectAll(calls, pointId, own);
          }
        };
        look();
        // A day later all of it is rolled up, and packed; then the samples make no difference.
        while (calls.tidy(START + 3 * 86_400_000));
        look();
      } finally {
        calls.close(null);
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 40 },
  );
});

function expectAll(calls: HistoryCalls, pointId: string, own: readonly Told[]): void {
  const raw = calls.query({ pointId, ...EVERYTHING, ...NONE, resolution: "raw" });
  if (raw.kind !== "raw") throw new Error("not raw");
  const sorted = own.toSorted((a, b) => a.atMs - b.atMs);
  expect([...raw.timesMs]).toEqual(sorted.map(({ atMs }) => atMs));
  expect(raw.values.length).toBe(own.length);
  for (const [resolution, widthMs] of [
    ["minute", MINUTE_MS],
    ["quarter", QUARTER_MS],
  ] as const) {
    const found = calls.query({ pointId, ...EVERYTHING, ...NONE, resolution });
    if (found.kind !== "rolled") throw new Error("not rolled");
    const counted = ({ atMs, count, badCount, min, max }: (typeof found.rollups)[number]) => {
      return { atMs, count, badCount, min, max };
    };
    expect(found.rollups.map(counted)).toEqual(referenceRollups(own, widthMs).map(counted));
  }
}
