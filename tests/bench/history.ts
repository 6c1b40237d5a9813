import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistoryCalls, PendingRuns } from "@headgate/sync/cores";
import type { Figure } from "./figure.ts";
import { figuresOf } from "./process-figures.ts";
import { quantile } from "./statistics.ts";

const START_MS = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MANY = 10_000;
const FEW = 16;
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
const RUNS = 9;
const NONE = { baseMs: 0, bytes: new Uint8Array() };

const NOTHING = new PendingRuns(0, 0).take();

type Calls = ReturnType<typeof createHistoryCalls>;

/** What the history costs 10,000 points at 1 s, and how long it looks for a month of one point. */
export async function history(seconds: number): Promise<Figure[]> {
  const minutes = Math.max(17, Math.round(seconds / 4));
  const many = await inFolder(MANY, (calls) => keep(calls, minutes));
  const few = await inFolder(FEW, (calls) => lookBack(calls));
  return [...many, ...few];
}

async function inFolder(points: number, work: (calls: Calls) => Figure[]): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const calls = createHistoryCalls();
  const pointIds = Array.from({ length: points }, (_, index) => `device/p${index}`);
  calls.open({ directory, capacityBytesMax: 2 ** 31, pointIds });
  try {
    return work(calls);
  } finally {
    calls.close(null);
    await rm(directory, { recursive: true });
  }
}

/** Tenths and float32 in turn, as the meters of the other scenarios walk. */
const values = Array.from({ length: 2 ** 16 }, (_, at) => {
  const ripple = (Math.imul(at + 1, 0x9e37_79b1) >>> 9) % 17;
  const tenths = Math.round(2300 + 80 * Math.sin(at / 90) + ripple) / 10;
  return at % 2 === 0 ? tenths : Math.fround(tenths);
});
const numberAt = (slot: number, tick: number) =>
  values[(2 * (slot * 31 + tick) + (slot % 2)) % values.length] as number;

function keep(calls: Calls, minutes: number): Figure[] {
  const pending = new PendingRuns(MANY, PENDING_BYTES_MAX);
  const samples = minutes * 60 * MANY;
  const before = figuresOf(process.pid).writtenBytes;
  let [packMs, takeMs, storeMs, tidyMs, packed] = [0, 0, 0, 0, 0];
  for (let minute = 0; minute < minutes; minute++) {
    const atMs = START_MS + minute * MINUTE_MS;
    packMs += cpuMs(() => fill(pending, { points: MANY, atMs, count: 60, everyMs: 1000 }));
    let taken = NOTHING;
    takeMs += cpuMs(() => {
      taken = pending.take();
    });
    packed += taken.bytes.length;
    storeMs += cpuMs(() => calls.store(taken));
    tidyMs += cpuMs(() => tidyAll(calls, atMs + MINUTE_MS));
  }
  const written = figuresOf(process.pid).writtenBytes - before;
  return [
    { name: "packing, main thread", unit: "ns/sample", value: (packMs * 1e6) / samples },
    { name: "in memory until written", unit: "B/sample", value: packed / samples },
    { name: "written", unit: "B/sample", value: written / samples },
    { name: "handing over", unit: "ms CPU a minute", value: takeMs / minutes },
    { name: "writing, own thread", unit: "ms CPU a minute", value: storeMs / minutes },
    { name: "rolling up, own thread", unit: "ms CPU a minute", value: tidyMs / minutes },
  ];
}

interface Fill {
  readonly points: number;
  readonly atMs: number;
  readonly count: number;
  readonly everyMs: number;
}

function fill(pending: PendingRuns, { points, atMs, count, everyMs }: Fill): void {
  for (let tick = 0; tick < count; tick++) {
    const timeMs = atMs + tick * everyMs + (tick % 5);
    for (let slot = 0; slot < points; slot++) {
      pending.add(slot, timeMs, [numberAt(slot, tick), 0]);
    }
  }
}

/** 29 days at 10 s, then one at 1 s, of a few points. */
function lookBack(calls: Calls): Figure[] {
  const pending = new PendingRuns(FEW, PENDING_BYTES_MAX);
  const store = (fillOf: Fill) => {
    fill(pending, fillOf);
    calls.store(pending.take());
  };
  const days = (first: number, last: number, stepMs: number, everyMs: number) => {
    for (let atMs = START_MS + first * DAY_MS; atMs < START_MS + last * DAY_MS; atMs += stepMs) {
      store({ points: FEW, atMs, count: stepMs / everyMs, everyMs });
    }
  };
  days(0, 29, 15 * MINUTE_MS, 10_000);
  days(29, 30, MINUTE_MS, 1000);
  const toMs = START_MS + 30 * DAY_MS;
  tidyAll(calls, toMs);
  const ask = (resolution: "raw" | "auto", days: number, countMax: number) => {
    const times = Array.from({ length: RUNS }, (_, run) => {
      const startedMs = performance.now();
      const query = { pointId: `device/p${run % FEW}`, fromMs: toMs - days * DAY_MS, toMs };
      calls.query({ ...query, resolution, countMax, silentMs: 30_000, pending: NONE });
      return performance.now() - startedMs;
    });
    return quantile(times, 0.5);
  };
  return [
    { name: "24 h of samples, one point", unit: "ms", value: ask("raw", 1, 100_000) },
    { name: "24 h for a screen", unit: "ms", value: ask("auto", 1, 2000) },
    { name: "7 d for a screen", unit: "ms", value: ask("auto", 7, 2000) },
    { name: "30 d for a screen", unit: "ms", value: ask("auto", 30, 3000) },
  ];
}

function tidyAll(calls: Calls, nowMs: number): void {
  while (calls.tidy(nowMs));
}

/** Processor time: what other programs take meanwhile does not count. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
