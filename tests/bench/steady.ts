import type { ArrivalReport } from "./arrivals.ts";
import type { Figure } from "./figure.ts";
import type { Status } from "./gateway-process.ts";
import { figuresOf, type ProcessFigures } from "./process-figures.ts";
import { rawCost } from "./raw-limit.ts";
import {
  POINTS_PER_DEVICE,
  pause,
  type Rig,
  type RigOptions,
  startRig,
  untilFirstData,
} from "./rig.ts";

const WARM_UP_MS = 5000;
/** Time for the last blocks to arrive before they are counted. */
const SETTLE_MS = 1500;
const PRIME_MS = 500;
const LOOP_LAG = "nodejs_eventloop_lag_max_seconds";
const RSS_INTERVAL_MS = 500;
const RAW_SECONDS_MAX = 20;

interface Window {
  readonly seconds: number;
  readonly before: ProcessFigures;
  readonly after: ProcessFigures;
  readonly statusBefore: Status;
  readonly statusAfter: Status;
  readonly rssMaxBytes: number;
  readonly stallMaxMs: number;
}

/** A gateway that does nothing but its work, watched for `seconds`. */
export async function steady(
  options: RigOptions,
  seconds: number,
  beside: (rig: Rig) => Promise<void> = async () => {},
): Promise<Figure[]> {
  const rig = await startRig(options);
  try {
    await beside(rig);
    await untilFirstData(rig);
    await pause(WARM_UP_MS);
    rig.subscription.clearLatency();
    const wireBefore = await rig.subscription.report();
    const window = await watch(rig, seconds);
    await pause(SETTLE_MS);
    const wire = await rig.subscription.report();
    const samples = wire.samples - wireBefore.samples;
    return [
      ...processFigures(window, options.scanMs),
      { name: "wire", unit: "B/sample", value: (wire.wireBytes - wireBefore.wireBytes) / samples },
      { name: "latency p50", unit: "ms", value: wire.latencyP50Ms },
      { name: "latency p99", unit: "ms", value: wire.latencyP99Ms },
      { name: "latency max", unit: "ms", value: wire.latencyMaxMs },
      ...(await recordFigures(rig, window.statusAfter)),
      ...(await rawFigures(rig, { window, wire, scanMs: options.scanMs })),
    ];
  } finally {
    await rig.stop();
  }
}

async function watch({ gateway }: Rig, seconds: number): Promise<Window> {
  const statusBefore = await gateway.status();
  // The first answer loads what the metrics need; the second begins the watch of the loop.
  await gateway.metric(LOOP_LAG);
  await pause(PRIME_MS);
  await gateway.metric(LOOP_LAG);
  const before = figuresOf(gateway.pid);
  const startedMs = performance.now();
  let rssMaxBytes = 0;
  while (performance.now() - startedMs < seconds * 1000) {
    rssMaxBytes = Math.max(rssMaxBytes, figuresOf(gateway.pid).rssBytes);
    await pause(RSS_INTERVAL_MS);
  }
  const after = figuresOf(gateway.pid);
  const endedMs = performance.now();
  const stallMaxMs = (await gateway.metric(LOOP_LAG)) * 1000;
  const statusAfter = await gateway.status();
  const watched = { before, after, statusBefore, statusAfter, rssMaxBytes, stallMaxMs };
  return { ...watched, seconds: (endedMs - startedMs) / 1000 };
}

function processFigures(window: Window, scanMs: number): Figure[] {
  const { before, after, statusBefore, statusAfter, seconds } = window;
  const cpuMs = after.cpuMs - before.cpuMs;
  const committed = statusAfter.buffer.committedCount - statusBefore.buffer.committedCount;
  const scans = sumOf(statusAfter, "scanCount") - sumOf(statusBefore, "scanCount");
  const written = after.writtenBytes - before.writtenBytes;
  return [
    { name: "cpu", unit: "% of a core", value: cpuMs / seconds / 10 },
    { name: "cpu a sample", unit: "µs", value: (cpuMs * 1000) / committed },
    {
      name: "waited for a core",
      unit: "% of the time",
      value: (after.waitedMs - before.waitedMs) / seconds / 10,
    },
    { name: "rss max", unit: "MB", value: window.rssMaxBytes / 1e6 },
    { name: "rss peak since start", unit: "MB", value: after.rssPeakBytes / 1e6 },
    { name: "loop stall max", unit: "ms", value: window.stallMaxMs },
    { name: "written", unit: "B/sample", value: written / committed },
    {
      name: "scans",
      unit: "of those due",
      value:
        scans / ((statusAfter.atMs - statusBefore.atMs) / scanMs) / statusAfter.channels.length,
    },
    { name: "missed scans", unit: "", value: sumOf(statusAfter, "missedScanCount") },
  ];
}

/** The subscriber's count against the gateway's own, block by block. */
async function recordFigures(rig: Rig, status: Status): Promise<Figure[]> {
  const { arrivals, twice, bad, points } = await rig.subscription.report();
  const head = status.buffer.streams.find(({ stream }) => stream === "main")?.headSeq ?? 0;
  const arrived = arrivals
    .filter(({ seq }) => seq <= head)
    .reduce((sum, { samples }) => sum + samples, 0);
  await rig.gateway.stop();
  await pause(SETTLE_MS);
  const end = await rig.subscription.report();
  return [
    { name: "lost", unit: "samples", value: status.buffer.committedCount - arrived },
    { name: "twice", unit: "samples", value: Math.max(twice, end.twice) },
    { name: "bad", unit: "samples", value: bad },
    { name: "points seen", unit: "", value: points },
    { name: "samples a point, most - fewest", unit: "", value: end.perPointMax - end.perPointMin },
  ];
}

/** The gateway's cost over what the bare libraries take in the same run. */
async function rawFigures(
  { meters, broker }: Rig,
  { window, wire, scanMs }: { window: Window; wire: ArrivalReport; scanMs: number },
): Promise<Figure[]> {
  const { before, after, seconds } = window;
  const perSecond =
    (wire.arrivals.length / ((wire.arrivals.at(-1)?.atMs ?? 0) - (wire.arrivals[0]?.atMs ?? 0))) *
    1000;
  const cost = await rawCost({
    meterPorts: meters.ports,
    registers: POINTS_PER_DEVICE * 1.5,
    scanMs,
    brokerUrl: broker.url,
    blockBytes: Math.round(wire.wireBytes / wire.arrivals.length),
    blocksPerSecond: perSecond,
    seconds: Math.min(seconds, RAW_SECONDS_MAX),
  });
  const raw = cost.cpuMs / cost.elapsedMs;
  const own = (after.cpuMs - before.cpuMs) / (seconds * 1000);
  return [
    { name: "cpu of the bare libraries", unit: "% of a core", value: raw * 100 },
    { name: "cpu over bare libraries", unit: "times", value: own / raw },
  ];
}

function sumOf({ channels }: Status, key: keyof Status["channels"][number]["counters"]): number {
  return channels.reduce((sum, { counters }) => sum + counters[key], 0);
}
