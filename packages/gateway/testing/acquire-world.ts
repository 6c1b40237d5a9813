import { type Connection, type Sample, silentLog, type Value } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { acquire } from "../src/acquire/acquire.ts";
import { Plans, planAcquisition } from "../src/acquire/plan.ts";
import type { Acquisition, PointConfig } from "../src/config/config.ts";
import { LiveValues } from "../src/live-values.ts";

/** A point of the device "d". */
export const pointConfig = (name: string, acquisition: Acquisition): PointConfig => ({
  point: { id: `d/${name}`, address: name, device: null },
  deviceId: "d",
  acquisition,
  condition: { scale: 1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 60_000 },
  unit: "",
  name,
  access: "read",
  stream: "main",
});
export const scanned = (name: string, intervalMs: number, onEvent: string[] = []) =>
  pointConfig(name, { kind: "scan", intervalMs, onEvent });

/** A line that answers at once, and all that reads it. */
export function createWorld(configs: readonly PointConfig[]) {
  const clock = new SimClock();
  const stop = new AbortController();
  const live = new LiveValues(configs.map(({ point }) => point.id));
  const kept: Sample[] = [];
  const answers: number[] = [];
  const counters = { scanCount: 0, missedScanCount: 0, lastScanMs: 0, sampleCount: 0 };
  const reads: { atMs: number; ids: string[] }[] = [];
  const good = (id: string, value: Value): Sample => ({
    pointId: id,
    timestampMs: clock.nowMs(),
    quality: "good",
    value,
  });
  const connection: Connection = {
    async read(points) {
      reads.push({ atMs: clock.monotonicMs(), ids: points.map(({ id }) => id) });
      return points.map(({ id }) => good(id, reads.length));
    },
    close: async () => {},
  };
  const plans = new Plans(planAcquisition(configs, live));
  const run = (line: Connection = connection) =>
    acquire(
      line,
      {
        plans,
        counters,
        live,
        keep: (samples) => void kept.push(...samples),
        onAnswer: () => answers.push(clock.monotonicMs()),
      },
      { clock, log: silentLog, signal: stop.signal, directory: "" },
    );
  return { clock, stop, live, kept, answers, counters, reads, connection, good, plans, run };
}

/** When a point was read. */
export const atMsOf = (reads: readonly { atMs: number; ids: string[] }[], id: string) =>
  reads.filter(({ ids }) => ids.includes(id)).map(({ atMs }) => atMs);
