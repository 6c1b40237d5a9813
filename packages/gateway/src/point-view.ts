import type { Sample } from "@headgate/model";
import type { PointConfig } from "./config/config.ts";
import type { LiveValues } from "./live-values.ts";
import type { PointView } from "./status.ts";
import { toJson } from "./to-json.ts";

/** Every point with its last sample, in the order of the configuration. */
export function viewPoints(points: readonly PointConfig[], live: LiveValues): readonly PointView[] {
  return points.map((config) => viewPoint(config, live.get(config.point.id)));
}

/** One point with its last sample, in JSON's types. */
export function viewPoint(config: PointConfig, sample: Sample | undefined): PointView {
  return {
    id: config.point.id,
    deviceId: config.deviceId,
    name: config.name,
    meaning: config.sense?.meaning ?? null,
    plausible: config.sense?.plausible ?? null,
    unit: config.unit,
    access: config.access,
    intervalMs: config.acquisition.kind === "scan" ? config.acquisition.intervalMs : null,
    deadband: deadbandOf(config),
    quality: sample?.quality ?? "silent",
    value: sample === undefined ? null : toJson(sample.value),
    isInteger64: typeof sample?.value === "bigint",
    timestampMs: sample?.timestampMs ?? null,
    reason: sample?.quality === "bad" ? sample.reason : null,
  };
}

function deadbandOf({ condition: { deadband, heartbeatMs } }: PointConfig): PointView["deadband"] {
  return deadband === null ? null : { change: deadband, heartbeatMs };
}
