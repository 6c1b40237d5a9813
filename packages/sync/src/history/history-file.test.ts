import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHistoryCalls } from "./history-calls.ts";
import type { FileQuery, HistoryCalls, PointHistory } from "./history-messages.ts";
import { PendingRuns } from "./pending-runs.ts";
import type { RecordedSpan } from "./recorded-span.ts";
import { MINUTE_MS, QUARTER_MS } from "./rollup.ts";
import { Quality } from "./sample-columns.ts";

const START = 1_767_225_600_000;
const POINTS = Array.from({ length: 20 }, (_, index) => `tank/p${index}`);
const MIB = 2 ** 20;

let directory: string;
let calls: HistoryCalls;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  calls = createHistoryCalls();
});
afterEach(async () => {
  calls.close(null);
  await rm(directory, { recursive: true });
});

function open(pointIds = POINTS, capacityBytesMax = 64 * MIB) {
  return calls.open({ directory, capacityBytesMax, pointIds });
}

/** Tenths that do not repeat. */
const valueAt = (slot: number, second: number) => {
  const mixed = Math.imul((second + 1) * 64 + slot, 0x9e37_79b1);
  return ((Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 8) % 1000) / 10;
};

/** Whole minutes, a sample a second of each point. */
function record(minutes: number, { fromMs = START, points = POINTS.length } = {}): number {
  const pending = new PendingRuns(points, 4 * MIB);
  for (let minute = 0; minute < minutes; minute++) {
    for (let second = 60 * minute; second < 60 * minute + 60; second++) {
      for (let slot = 0; slot < points; slot++) {
        pending.add(slot, fromMs + second * 1000, [valueAt(slot, second), Quality.good]);
      }
    }
    const atMs = fromMs + minute * MINUTE_MS;
    store(pending, { fromMs: atMs, toMs: atMs + MINUTE_MS });
  }
  return fromMs + minutes * MINUTE_MS;
}

function store(pending: PendingRuns, recorded: RecordedSpan): void {
  let status = calls.store({ runs: pending.take(), recorded });
  for (let step = 0; !status; step++) {
    expect(step).toBeLessThan(10_000);
    status = calls.storeMore(null);
  }
}

function tidyAll(nowMs: number): void {
  for (let step = 0; calls.tidy(nowMs); step++) expect(step).toBeLessThan(10_000);
}

function ask(asked: Partial<FileQuery>): PointHistory {
  const about = { pointId: "tank/p17", fromMs: START, toMs: START + 86_400_000, silentMs: 3000 };
  return calls.query({
    ...{ ...about, resolution: "auto", countMax: 100_000, pending: [] },
    recorded: { fromMs: 0, toMs: 0 },
    ...asked,
  });
}

describe("the history's file", () => {
  it("gives back what was kept, also after it was closed", () => {
    open();
    const endMs = record(3);
    calls.close(null);
    calls = createHistoryCalls();
    open(["new/one", ...POINTS]);
    const answer = ask({ toMs: endMs });
    if (answer.kind !== "raw") throw new Error("not raw");
    expect(answer.timesMs.length).toBe(180);
    expect(answer.values[100]).toBe(valueAt(17, 100));
    expect(answer.gaps).toEqual([]);
    expect(ask({ pointId: "new/one", toMs: endMs }).gaps).toEqual([
      { fromMs: START, toMs: endMs, why: "silent" },
    ]);
  });

  it("adds what is not stored yet, and says when nothing was recorded", () => {
    open();
    record(2);
    calls.close(null);
    calls = createHistoryCalls();
    open();
    const pending = new PendingRuns(1, MIB);
    const laterMs = START + 10 * MINUTE_MS;
    for (let second = 0; second < 10; second++) {
      pending.add(0, laterMs + second * 1000, [5, Quality.good]);
    }
    const recorded = { fromMs: laterMs - 1000, toMs: laterMs + 10_000 };
    const answer = ask({ toMs: laterMs + 10_000, pending: [pending.runOf(0)], recorded });
    if (answer.kind !== "raw") throw new Error("not raw");
    expect(answer.timesMs.length).toBe(130);
    expect(answer.gaps).toEqual([{ fromMs: START + 119_000, toMs: laterMs, why: "off" }]);
  });

  it("says the same in minutes and quarters, before and after they were rolled up", () => {
    open();
    const endMs = record(47);
    const told = () => [
      ask({ resolution: "minute", toMs: endMs }),
      ask({ resolution: "quarter", toMs: endMs }),
    ];
    const before = told();
    tidyAll(endMs + QUARTER_MS);
    const after = told();
    for (const [at, { sinceMs, ...answer }] of after.entries()) {
      const earlier = before[at];
      if (answer.kind !== "rolled" || earlier?.kind !== "rolled") throw new Error("not rolled");
      expect(sinceMs).toBe(START);
      expect(answer.rollups.length).toBe(at === 0 ? 47 : 4);
      const rounded = ({ mean, ...rest }: (typeof answer.rollups)[number]) => {
        return { ...rest, mean: mean.toFixed(3) };
      };
      expect(answer.rollups.map(rounded)).toEqual(earlier.rollups.map(rounded));
      expect(answer.gaps).toEqual(earlier.gaps);
    }
  });

  it("takes in what a device remembered, and rolls it up anew", () => {
    open();
    record(15, { points: 17 });
    const nowMs = record(20, { fromMs: START + QUARTER_MS });
    tidyAll(nowMs);
    expect(ask({ resolution: "minute", toMs: START + QUARTER_MS })).toMatchObject({ rollups: [] });
    const late = new PendingRuns(POINTS.length, MIB);
    for (const minute of [3, 1]) late.add(17, START + minute * MINUTE_MS, [minute, Quality.good]);
    late.add(0, nowMs, [1, Quality.good]);
    store(late, { fromMs: nowMs, toMs: nowMs + MINUTE_MS });
    tidyAll(nowMs + QUARTER_MS);
    const answer = ask({ resolution: "minute", toMs: START + QUARTER_MS });
    expect(answer).toMatchObject({ rollups: [{ first: 1 }, { first: 3 }] });
  });

  it("stays within its capacity: samples go first, quarters of an hour last", async () => {
    const capacityBytesMax = 240 * 1024;
    open(POINTS, capacityBytesMax);
    let nowMs = START;
    for (let quarter = 0; quarter < 12; quarter++) {
      nowMs = record(15, { fromMs: nowMs });
      tidyAll(nowMs);
    }
    const status = open(POINTS, capacityBytesMax);
    expect(status.usedBytes).toBeLessThanOrEqual(capacityBytesMax);
    expect((await stat(join(directory, "history.db"))).size).toBeLessThan(capacityBytesMax * 1.5);
    expect(status.rawFromMs).toBeGreaterThan(START);
    expect(status.quartersFromMs).toBe(START);
    const answer = ask({ toMs: nowMs });
    expect([answer.kind, answer.sinceMs]).toEqual(["rolled", START]);
  });

  it("is set aside and begun anew where it is damaged, at the start or later", () => {
    const path = join(directory, "history.db");
    writeFileSync(path, "this is no database, and it is long enough to be seen".repeat(100));
    expect(open().setAsidePath).toBe(`${path}.damaged`);
    record(60);
    calls.close(null);
    truncateSync(path, 40_960);
    calls = createHistoryCalls();
    open();
    const toMs = record(1, { fromMs: START + 90 * MINUTE_MS });
    const answer = ask({ toMs });
    expect(answer.kind === "raw" ? answer.timesMs.length : 0).toBe(60);
    expect(existsSync(`${path}.damaged`)).toBe(true);
  });
});
