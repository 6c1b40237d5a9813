import type { Sample, Value } from "@headgate/model";
import type { PointConfig } from "./config/config.ts";
import type { LiveValues } from "./live-values.ts";
import type { PointView } from "./status.ts";

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
    unit: config.unit,
    access: config.access,
    quality: sample?.quality ?? "silent",
    value: sample === undefined ? null : toJson(sample.value),
    isInteger64: typeof sample?.value === "bigint",
    timestampMs: sample?.timestampMs ?? null,
    reason: sample?.quality === "bad" ? sample.reason : null,
  };
}

/** JSON has no 64-bit integers and no NaN: those become text. */
export function toJson(value: Value | null): boolean | number | string | null {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value;
}
