import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arrival } from "./arrivals.ts";
import type { Figure } from "./figure.ts";
import { figuresOf } from "./process-figures.ts";
import { pause, type Rig, type RigOptions, startRig, untilFirstData } from "./rig.ts";

const WARM_UP_MS = 5000;
/** How long live data is watched after the broker's return. */
const AFTER_MS = 10_000;
const POLL_MS = 50;

/** The broker is killed for `outageSeconds`; then everything must come, and live data first. */
export async function backlog(options: RigOptions, outageSeconds: number): Promise<Figure[]> {
  const rig = await startRig(options);
  try {
    await untilFirstData(rig);
    await pause(WARM_UP_MS);
    await rig.broker.kill();
    const killedAtMs = Date.now();
    await pause(outageSeconds * 1000);
    const rest = atRest(rig);
    await rig.broker.restart();
    const backAtMs = Date.now();
    const upAtMs = await untilUp(rig, killedAtMs);
    await pause(AFTER_MS);
    const status = await rig.gateway.status();
    await pause(2000);
    const { arrivals, twice } = await rig.subscription.report();
    const head = status.buffer.streams.find(({ stream }) => stream === "main")?.headSeq ?? 0;
    const arrived = samplesOf(arrivals.filter(({ seq }) => seq <= head));
    return [
      { name: "at rest", unit: "B/sample", value: rest.bytes / rest.samples },
      { name: "samples at rest", unit: "", value: rest.samples },
      { name: "broker back to reconnect", unit: "s", value: (upAtMs - backAtMs) / 1000 },
      ...drainFigures(arrivals, { killedAtMs, upAtMs }),
      { name: "lost", unit: "samples", value: status.buffer.committedCount - arrived },
      { name: "twice", unit: "samples", value: twice },
      { name: "rss peak", unit: "MB", value: figuresOf(rig.gateway.pid).rssPeakBytes / 1e6 },
    ];
  } finally {
    await rig.stop();
  }
}

function drainFigures(
  arrivals: readonly Arrival[],
  { killedAtMs, upAtMs }: { killedAtMs: number; upAtMs: number },
): Figure[] {
  const late = arrivals.filter(({ atMs, toMs }) => atMs >= upAtMs && toMs < upAtMs);
  const drainedAtMs = Math.max(...late.map(({ atMs }) => atMs));
  const live = arrivals.filter(({ fromMs }) => fromMs >= upAtMs);
  const samples = samplesOf(late.filter(({ toMs }) => toMs > killedAtMs));
  const drainSeconds = (drainedAtMs - upAtMs) / 1000;
  return [
    { name: "backlog", unit: "samples", value: samples },
    { name: "drain", unit: "s", value: drainSeconds },
    { name: "drain of 600,000", unit: "s", value: (drainSeconds / samples) * 600_000 },
    {
      name: "live latency meanwhile, max",
      unit: "ms",
      value: Math.max(...live.map(({ atMs, fromMs }) => atMs - fromMs)),
    },
  ];
}

async function untilUp({ gateway, subscription }: Rig, killedAtMs: number): Promise<number> {
  for (;;) {
    const [uplink] = (await gateway.status()).uplinks;
    const sinceMs = uplink?.state.kind === "up" ? (uplink.state.sinceMs ?? 0) : 0;
    if (sinceMs > killedAtMs) {
      const { subscribedAtMs } = subscription;
      if ((subscribedAtMs ?? 0) < killedAtMs || (subscribedAtMs ?? 0) > sinceMs) {
        throw new Error("the subscriber came back after the gateway: run again");
      }
      return sinceMs;
    }
    await pause(POLL_MS);
  }
}

/** The database's file once its log is written back, of a copy. */
function atRest({ gateway }: Rig): { bytes: number; samples: number } {
  const load = createRequire(new URL("../../packages/sync/x.js", import.meta.url));
  const Sqlite = load("better-sqlite3");
  const folder = mkdtempSync(join(tmpdir(), "headgate-bench-rest-"));
  const copy = join(folder, "buffer.db");
  for (const suffix of ["", "-wal"]) {
    const from = join(gateway.folder, `data/buffer.db${suffix}`);
    if (existsSync(from)) copyFileSync(from, copy + suffix);
  }
  const db = new Sqlite(copy);
  const sql = "select sum(samples) as samples from main_block";
  const { samples } = db.prepare(sql).get() as { samples: number };
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  const bytes = statSync(copy).size;
  rmSync(folder, { recursive: true, force: true });
  return { bytes, samples };
}

function samplesOf(arrivals: readonly Arrival[]): number {
  return arrivals.reduce((sum, { samples }) => sum + samples, 0);
}
