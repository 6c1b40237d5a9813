import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, type Sample, silentLog, systemClock } from "@headgate/model";
import { openBufferOn, StoreWorker } from "@headgate/sync/cores";
import type { Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

const SYNC_MS = 200;
const POINTS = Array.from({ length: 1000 }, (_, i) => `device-${i % 10}/p${i}`);
const DELIVERIES_PER_SECOND = 10;
/** So small that most of the time the oldest are thinned and dropped. */
const CAPACITY_BYTES_MAX = 256 * 1024;
const LOOK_MS = 1;

/** How long the event loop is held up: 10,000 samples a second on a disk of 200 ms a sync. */
export async function slowDisk(seconds: number): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-slow-disk-"));
  const { signal } = new AbortController();
  const context: Context = { clock: systemClock, log: silentLog, signal, directory };
  const file = new URL("./slow-disk-worker.ts", import.meta.url);
  const startStore = () => new StoreWorker(file, { syncMs: SYNC_MS });
  const capacity = { capacityBytesMax: CAPACITY_BYTES_MAX, mediaCapacityBytesMax: 2 ** 20 };
  const log = { uplinkIds: ["cloud"], pointIds: POINTS, commitIntervalMs: 500, keepRawMs: 60_000 };
  const idle = await delaysOf(() => sleep((seconds * 1000) / 4));
  const buffer = await openBufferOn(startStore, { directory, ...capacity, ...log }, context);
  const waitsMs: number[] = [];
  const busy = await delaysOf(() => produce(seconds, (samples) => keep(samples, waitsMs)));
  async function keep(samples: Sample[], waits: number[]): Promise<void> {
    const startedMs = performance.now();
    await buffer.append(samples);
    waits.push(performance.now() - startedMs);
  }
  const { totals } = buffer.status();
  await buffer.close();
  await rm(directory, { recursive: true });
  return [
    { name: "busy at a stretch, p99", unit: "ms", value: quantile(busy.stretchesMs, 0.99) },
    { name: "busy at a stretch, max", unit: "ms", value: Math.max(...busy.stretchesMs) },
    { name: "loop delay max", unit: "ms", value: busy.delayMsMax },
    { name: "the same without a buffer", unit: "ms", value: idle.delayMsMax },
    { name: "durable after, max", unit: "ms", value: Math.max(...waitsMs) },
    { name: "samples taken", unit: "", value: totals.takenCount },
    { name: "of them thinned", unit: "", value: totals.thinnedCount },
    { name: "of them gone", unit: "", value: totals.goneCount },
  ];
}

interface Delays {
  /** By the clock on the wall, with all that other processes take. */
  readonly delayMsMax: number;
  /** Processor time of this thread from one look to the next, which is what it cannot share. */
  readonly stretchesMs: readonly number[];
}

async function delaysOf(work: () => Promise<unknown>): Promise<Delays> {
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS });
  const stretchesMs: number[] = [];
  let usedMs = threadMs();
  const look = setInterval(() => {
    const nowMs = threadMs();
    stretchesMs.push(nowMs - usedMs);
    usedMs = nowMs;
  }, LOOK_MS);
  delays.enable();
  await work();
  delays.disable();
  clearInterval(look);
  return { delayMsMax: delays.max / 1e6, stretchesMs };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** All points once a second in tenths, dated as if a minute passed in each second. */
async function produce(seconds: number, keep: (samples: Sample[]) => Promise<void>): Promise<void> {
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let tick = 0; tick < seconds * DELIVERIES_PER_SECOND; tick++) {
    const timestampMs = 1_767_225_600_000 + tick * 1000;
    const samples = POINTS.map((pointId, index): Sample => {
      const ripple = (Math.imul(tick + 1, index + 7) >>> 3) % 97;
      const value = Math.round(1000 * Math.sin(tick / 50 + index) + ripple) / 10;
      return { pointId, timestampMs, quality: "good", value };
    });
    pending.push(keep(samples));
    const dueMs = startedMs + ((tick + 1) * 1000) / DELIVERIES_PER_SECOND;
    await sleep(Math.max(0, dueMs - performance.now()));
  }
  await Promise.all(pending);
}
