import { missing, type Sample, type Samples, type Value } from "@headgate/model";
import type { Address } from "../address.ts";
import type { ModbusPoint } from "../read-plan.ts";
import { resolveSunspec } from "./resolve.ts";
import type { SunspecChain } from "./walk.ts";

/** Points as they are read: each where its device has it, and scale factors behind them. */
export interface ExpandedPoints {
  readonly points: readonly ModbusPoint[];
  /** By index in the caller's list: where it is in `points`, where its scale factor is. */
  readonly places: readonly Place[];
}

interface Place {
  readonly at: number | null;
  readonly scaleAt: number | null;
  /** Why it is not read. */
  readonly reason: string;
}

const NO_MODEL = "this device has no SunSpec model with this point";
const NO_SUNSPEC = "the device does not answer as a SunSpec device at 40000, 0 or 50000";

/** What to read for these points, by what is known of their units' chains of models. */
export function expandSunspec(
  points: readonly ModbusPoint[],
  chainOf: (unitId: number) => SunspecChain | null,
): ExpandedPoints {
  const asked: ModbusPoint[] = [];
  const scales = new Map<string, number>();
  const ask = (point: ModbusPoint) => asked.push(point) - 1;
  const places = points.map((point): Place => {
    const { address, device } = point;
    if (address.sunspec === undefined) return { at: ask(point), scaleAt: null, reason: "" };
    const chain = chainOf(device.unitId);
    if (chain === null) return { at: null, scaleAt: null, reason: NO_SUNSPEC };
    const found = resolveSunspec(address.sunspec, chain);
    if (found === null) return { at: null, scaleAt: null, reason: NO_MODEL };
    const at = ask({ ...point, address: found.address });
    const scale = found.scaleAddress;
    if (scale === null) return { at, scaleAt: null, reason: "" };
    const key = `${device.unitId}:${scale.from}`;
    const scaleAt = scales.get(key) ?? ask({ id: key, address: scale, device });
    scales.set(key, scaleAt);
    return { at, scaleAt, reason: "" };
  });
  return { points: asked, places };
}

/** The points' own samples out of those that were read in their place. */
export function collectSunspec(
  points: readonly ModbusPoint[],
  { places }: ExpandedPoints,
  { samples, nowMs }: { readonly samples: Samples; readonly nowMs: number },
): Sample[] {
  return points.map(({ id }, index) => {
    const { at, scaleAt, reason } = places[index] as Place;
    const sample = at === null ? undefined : samples.at(at);
    if (!sample) return missing(id, nowMs, reason);
    return scaleAt === null ? withText(sample) : scaled(sample, samples.at(scaleAt));
  });
}

/** One register as it stands. */
export function wordAt(from: number): Address {
  const place = { table: "holding", from, count: 1, type: "uint16", nan: [] } as const;
  return { ...place, order: "AB", bit: 0, mask: 0xffff, shift: 0, byte: "low" };
}

/** An empty text is one that the device does not implement. */
function withText(sample: Sample): Sample {
  if (sample.value !== "") return sample;
  return missing(sample.pointId, sample.timestampMs, "not available (empty)");
}

/** The specification allows -10 to 10; anything else is no power of ten. */
const POWER_MAX = 10;

function scaled(sample: Sample, scale: Sample | undefined): Sample {
  if (sample.quality === "bad") return sample;
  const power = scale?.value;
  const { pointId, timestampMs } = sample;
  if (typeof power !== "number" || Math.abs(power) > POWER_MAX) {
    const why =
      typeof power === "number" ? `is ${power}` : scale?.quality === "bad" ? scale.reason : "";
    return missing(pointId, timestampMs, `its scale factor is no power of ten: ${why}`);
  }
  return { ...sample, value: timesTenTo(sample.value, power) };
}

/** Divided rather than multiplied by a fraction, so that 2301 and -1 make 230.1. */
function timesTenTo(value: Value, power: number): Value {
  if (power === 0 || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") {
    return power > 0 ? value * 10n ** BigInt(power) : Number(value) / 10 ** -power;
  }
  return power > 0 ? value * 10 ** power : value / 10 ** -power;
}
