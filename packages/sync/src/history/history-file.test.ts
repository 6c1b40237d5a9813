import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqlite } from "../buffer/sqlite.ts";
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

/** Whole minutes, a sample a second of each point; five of them are stored at once. */
function record(minutes: number, { fromMs = START, points = POINTS.length } = {}): number {
  const pending = new PendingRuns(points, 4 * MIB);
  let storedMs = fromMs;
  for (let minute = 0; minute < minutes; minute++) {
    for (let second = 60 * minute; second < 60 * minute + 60; second++) {
      for (let slot = 0; slot < points; slot++) {
        pending.add(slot, fromMs + second * 1000, [valueAt(slot, second), Quality.good]);
      }
    }
    const toMs = fromMs + (minute + 1) * MINUTE_MS;
    if ((minute + 1) % 5 !== 0 && minute + 1 < minutes) continue;
    store(pending, { fromMs: storedMs, toMs });
    storedMs = toMs;
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
      // As many as a screen has room for: of samples at first, then of minutes.
      ask({ resolution: "auto", toMs: endMs, countMax: 47 }),
    ];
    const before = told();
    tidyAll(endMs + QUARTER_MS);
    const after = told();
    for (const [at, { sinceMs, ...answer }] of after.entries()) {
      const earlier = before[at];
      if (answer.kind !== "rolled" || earlier?.kind !== "rolled") throw new Error("not rolled");
      expect(sinceMs).toBe(START);
      expect(answer.rollups.length).toBe(at === 1 ? 4 : 47);
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

  it("does not undo what was rolled up of samples that are gone", () => {
    const capacityBytesMax = 400 * 1024;
    open(POINTS, capacityBytesMax);
    let nowMs = START;
    for (let quarter = 0; quarter < 16; quarter++) {
      nowMs = record(15, { fromMs: nowMs });
      tidyAll(nowMs + QUARTER_MS);
    }
    expect(open(POINTS, capacityBytesMax).rawFromMs).toBeGreaterThan(START + 4 * QUARTER_MS);
    const told = (pointId: string, resolution: "minute" | "quarter") => {
      const answer = ask({ pointId, resolution, fromMs: START, toMs: nowMs });
      return answer.kind === "rolled" ? answer.rollups : [];
    };
    const before = [
      told("tank/p17", "quarter"),
      told("tank/p3", "quarter"),
      told("tank/p3", "minute"),
    ];
    expect(before[0]?.length).toBe(16);
    const late = new PendingRuns(POINTS.length, MIB);
    late.add(17, START + 3 * MINUTE_MS, [99_999, Quality.good]);
    store(late, { fromMs: nowMs, toMs: nowMs + MINUTE_MS });
    const after = () => [
      ...[told("tank/p17", "quarter"), told("tank/p3", "quarter")],
      told("tank/p3", "minute").filter(({ atMs }) => atMs >= (before[2]?.[0]?.atMs ?? 0)),
    ];
    expect(after()).toEqual(before);
    tidyAll(nowMs + 2 * QUARTER_MS);
    expect(after().slice(0, 2)).toEqual(before.slice(0, 2));
  });

  it("stays within its capacity: samples go first, quarters of an hour last", async () => {
    const capacityBytesMax = 480 * 1024;
    const path = join(directory, "history.db");
    const onDisk = async () => {
      const sizes = await Promise.all([path, `${path}-journal`].map((each) => stat(each)));
      return sizes.reduce((sum, { size }) => sum + size, 0);
    };
    open(POINTS, 4 * MIB);
    let nowMs = START;
    const recordQuarters = async (count: number, bytesMax: number) => {
      for (let quarter = 0; quarter < count; quarter++) {
        nowMs = record(15, { fromMs: nowMs });
        tidyAll(nowMs);
        // What a quarter of an hour adds, until it is tidied away.
        expect(await onDisk()).toBeLessThan(bytesMax);
      }
    };
    await recordQuarters(24, 4 * MIB);
    const large = await onDisk();
    calls.close(null);
    // One who allows less gets the room back.
    const { usedBytes } = open(POINTS, capacityBytesMax);
    expect(usedBytes).toBeGreaterThan(capacityBytesMax);
    tidyAll(nowMs);
    expect(await onDisk()).toBeLessThan(large / 2);
    await recordQuarters(12, capacityBytesMax + 200 * 1024);
    const status = open(POINTS, capacityBytesMax);
    expect(status.usedBytes).toBeLessThanOrEqual(capacityBytesMax);
    expect(status.usedBytes).toBeGreaterThan(capacityBytesMax / 2);
    expect(status.rawFromMs).toBeGreaterThan(status.quartersFromMs ?? 0);
    expect(status.minutesFromMs).toBeGreaterThanOrEqual(status.quartersFromMs ?? 0);
    expect(ask({ toMs: nowMs, fromMs: status.quartersFromMs ?? 0 }).kind).toBe("rolled");
  });

  it("lets go of one that was set aside when the new one needs its room", () => {
    const path = join(directory, "history.db");
    writeFileSync(path, new Uint8Array(400 * 1024).fill(7));
    const status = open(POINTS, 480 * 1024);
    expect(status.usedBytes).toBeGreaterThan(400 * 1024);
    expect(existsSync(`${path}.damaged`)).toBe(true);
    tidyAll(record(20));
    expect(existsSync(`${path}.damaged`)).toBe(false);
    expect(ask({ resolution: "raw" })).toMatchObject({ sinceMs: START });
  });

  it("packs the quarters of an hour of past days, and takes in what comes to them late", () => {
    open();
    const nowMs = record(30);
    const quarters = () => {
      const answer = ask({ pointId: "tank/p3", resolution: "quarter" });
      return answer.kind === "rolled"
        ? answer.rollups.map(({ atMs, count, max }) => [atMs, count, max])
        : [];
    };
    tidyAll(nowMs + QUARTER_MS);
    const before = quarters();
    const later = START + 2 * 86_400_000;
    tidyAll(later);
    expect(quarters()).toEqual(before);
    const late = new PendingRuns(POINTS.length, MIB);
    late.add(3, START + MINUTE_MS, [500, Quality.good]);
    late.add(3, START + 5 * QUARTER_MS, [700, Quality.good]);
    store(late, { fromMs: later, toMs: later + MINUTE_MS });
    const after = [[START, 901, 500], ...before.slice(1), [START + 5 * QUARTER_MS, 1, 700]];
    expect(quarters()).toEqual(after);
    tidyAll(later + QUARTER_MS);
    expect(quarters()).toEqual(after);
    tidyAll(later + 86_400_000);
    expect(quarters()).toEqual(after);
  });

  it("tells of samples as many as were asked for, and goes on from there", () => {
    open();
    const endMs = record(30);
    const all = ask({ resolution: "raw", toMs: endMs });
    if (all.kind !== "raw") throw new Error("not raw");
    const times: number[] = [];
    for (let fromMs = START; ; ) {
      const part = ask({ resolution: "raw", fromMs, toMs: endMs, countMax: 77 });
      if (part.kind !== "raw") throw new Error("not raw");
      expect(part.gaps).toEqual([]);
      times.push(...part.timesMs);
      if (!part.isCut) break;
      fromMs = (part.timesMs.at(-1) ?? 0) + 1;
    }
    expect(times).toEqual([...all.timesMs]);
    const minutes = ask({ resolution: "minute", toMs: endMs, countMax: 7 });
    expect(minutes).toMatchObject({ isCut: true, rollups: { length: 7 } });
  });

  it("says since when it is told truly, also of a quarter of an hour that had begun", () => {
    open();
    const fromMs = START + 7 * MINUTE_MS;
    const nowMs = record(40, { fromMs });
    tidyAll(nowMs + QUARTER_MS);
    for (const resolution of ["raw", "minute", "quarter"] as const) {
      expect([resolution, ask({ resolution }).sinceMs]).toEqual([resolution, fromMs]);
    }
  });

  it("finds a row that is not what was written", () => {
    open();
    record(5);
    calls.close(null);
    const db = openSqlite(join(directory, "history.db"), 1000);
    db.exec("update raw set bytes = zeroblob(length(bytes)) where id = (select max(id) from raw)");
    db.close();
    calls = createHistoryCalls();
    expect(open().setAsidePath).toBe("");
    ask({ pointId: "tank/p19", resolution: "raw" });
    const { setAsidePath, setAsideReason } = open();
    expect([existsSync(setAsidePath), setAsideReason]).toEqual([
      true,
      expect.stringMatching(/row of raw/),
    ]);
  });

  it("is set aside and begun anew where it is damaged, at the start or later", () => {
    const path = join(directory, "history.db");
    writeFileSync(path, "this is no database, and it is long enough to be seen".repeat(100));
    expect(open().setAsidePath).toBe(`${path}.damaged`);
    record(60);
    calls.close(null);
    truncateSync(path, 81_920);
    calls = createHistoryCalls();
    open();
    const toMs = record(1, { fromMs: START + 90 * MINUTE_MS });
    const answer = ask({ toMs });
    expect(answer.kind === "raw" ? answer.timesMs.length : 0).toBe(60);
    expect(existsSync(`${path}.damaged`)).toBe(true);
  });
});
