import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistoryCalls, PendingRuns } from "@headgate/sync/cores";
import type { Figure } from "./figure.ts";
import { askFile, askGateway } from "./history-asks.ts";
import { fill, makeMonth, STORE_MS, store } from "./history-month.ts";
import { figuresOf } from "./process-figures.ts";
import { quantile } from "./statistics.ts";

const MINUTE_MS = 60_000;
const CAPACITY_BYTES_MAX = 3 * 2 ** 30;
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
const POINT_IDS = Array.from(
  { length: 10_000 },
  (_, at) => `meter-${Math.floor(at / 1000)}/p${at % 1000}`,
);

/**
 * What the history costs 10,000 points at 1 s, how long it keeps the buffer's thread at a time,
 * and how long it looks for a day and a month of one point in a file of 30 days.
 */
export async function history(seconds: number): Promise<Figure[]> {
  // Whole quarters of an hour, rolled up some minutes after their end.
  const minutes = 15 * Math.max(1, Math.round(seconds / 60)) + 10;
  const folder = await mkdtemp(join(tmpdir(), "headgate-history-"));
  try {
    const kept = keep(join(folder, "kept"), minutes);
    return [...kept, ...(await lookBack(folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function keep(directory: string, minutes: number): Figure[] {
  const calls = createHistoryCalls();
  calls.open({ directory, capacityBytesMax: CAPACITY_BYTES_MAX, pointIds: POINT_IDS });
  const startMs = Date.UTC(2026, 0, 1);
  const pending = new PendingRuns(POINT_IDS.length, PENDING_BYTES_MAX);
  const samples = minutes * 60 * POINT_IDS.length;
  const before = figuresOf(process.pid).writtenBytes;
  const pieces = { store: new Pieces(), tidy: new Pieces() };
  let packMs = 0;
  for (let minute = 0; minute < minutes; minute += STORE_MS / MINUTE_MS) {
    const fromMs = startMs + minute * MINUTE_MS;
    packMs += cpuMs(() => fill(pending, POINT_IDS.length, fromMs));
    store(calls, pending, { fromMs, piece: (work) => pieces.store.time(work) });
    while (pieces.tidy.time(() => calls.tidy(fromMs + STORE_MS)));
  }
  calls.close(null);
  const written = figuresOf(process.pid).writtenBytes - before;
  const ofPieces = (what: string, { cpu, wall }: Pieces): Figure[] => [
    { name: what, unit: "ms CPU a minute", value: cpu / minutes },
    { name: `${what}, at a stretch, p99`, unit: "ms", value: quantile(wall, 0.99) },
    { name: `${what}, at a stretch, longest`, unit: "ms", value: Math.max(...wall) },
  ];
  return [
    { name: "packing, main thread", unit: "ns/sample", value: (packMs * 1e6) / samples },
    { name: "written", unit: "B/sample", value: written / samples },
    ...ofPieces("writing", pieces.store),
    ...ofPieces("rolling up", pieces.tidy),
  ];
}

async function lookBack(folder: string): Promise<Figure[]> {
  const endMs = Date.now();
  const directory = join(folder, "data");
  const file = { directory, capacityBytesMax: CAPACITY_BYTES_MAX, pointIds: POINT_IDS };
  makeMonth({ ...file, endMs });
  const path = join(directory, "history.db");
  const asking = { path, pointIds: POINT_IDS, endMs };
  const calls = createHistoryCalls();
  const { usedBytes } = calls.open(file);
  const alone = await askFile(calls, asking);
  calls.close(null);
  return [
    { name: "30 days of 10,000 points", unit: "MiB in use", value: usedBytes / 2 ** 20 },
    { name: "its file", unit: "MiB", value: (await stat(path)).size / 2 ** 20 },
    ...alone,
    ...(await askGateway(asking, folder)),
  ];
}

/** How long pieces of work took: by the clock each, and all in processor time. */
class Pieces {
  readonly wall: number[] = [];
  cpu = 0;

  time<T>(work: () => T): T {
    const startedMs = performance.now();
    let done: T | undefined;
    this.cpu += cpuMs(() => {
      done = work();
    });
    this.wall.push(performance.now() - startedMs);
    return done as T;
  }
}

/** Processor time: what other programs take meanwhile does not count. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
