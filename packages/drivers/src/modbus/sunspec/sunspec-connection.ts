import {
  type Clock,
  missing,
  Refused,
  type Sample,
  Unreachable,
  type Value,
} from "@headgate/model";
import type { Address } from "../address.ts";
import { type ConnectionOptions, ModbusConnection } from "../connection.ts";
import type { ModbusPoint } from "../read-plan.ts";
import type { Device } from "../settings.ts";
import { resolveSunspec } from "./resolve.ts";
import { type SunspecChain, walkSunspec } from "./walk.ts";

/** A device that was no SunSpec device may only have been starting. */
const RETRY_MS = 60_000;
/** The rest of a chain that broke off is looked for so soon. */
const RESUME_MS = 10_000;

/** What is known of one unit's chain of models. */
interface KnownUnit {
  readonly chain: SunspecChain | null;
  readonly retryAtMs: number;
  /** How often the unit had come back by then: another may have its place since. */
  readonly comebackCount: number;
}

/** Points as they are read: each where its device has it, and scale factors behind them. */
interface Expanded {
  readonly revision: number;
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

/** A Modbus line that also knows points by their SunSpec model: `sunspec:103/W`. */
export class SunspecConnection extends ModbusConnection {
  readonly #units = new Map<number, KnownUnit>();
  readonly #expanded = new WeakMap<readonly ModbusPoint[], Expanded>();
  readonly #clock: Clock;
  #revision = 0;

  constructor(options: ConnectionOptions) {
    super(options);
    this.#clock = options.clock;
  }

  override async write(point: ModbusPoint, value: Value): Promise<void> {
    if (point.address.sunspec === undefined) return super.write(point, value);
    throw new Refused(`${point.id} is a SunSpec point, which is only read; write to its register`);
  }

  override async read(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Sample[]> {
    const ofSunspec = points.filter(({ address }) => address.sunspec !== undefined);
    if (ofSunspec.length === 0) return super.read(points, signal);
    const devices = new Map(ofSunspec.map(({ device }) => [device.unitId, device]));
    let samples: Sample[];
    do {
      for (const device of devices.values()) await this.#know(device, signal);
      samples = await this.#readKnown(points, signal);
      // One that came back in between was read by what stood in its place before.
    } while ([...devices.keys()].some((unitId) => this.#hasComeBack(unitId)));
    return samples;
  }

  async #readKnown(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Sample[]> {
    const { points: asked, places } = this.#expand(points);
    this.standIn(points, asked);
    const samples = await super.read(asked, signal);
    const nowMs = this.#clock.nowMs();
    return points.map(({ id }, index) => {
      const { at, scaleAt, reason } = places[index] as Place;
      const sample = at === null ? undefined : samples[at];
      if (!sample) return missing(id, nowMs, reason);
      return scaleAt === null ? withText(sample) : scaled(sample, samples[scaleAt]);
    });
  }

  async #know(device: Device, signal: AbortSignal): Promise<void> {
    const { unitId } = device;
    const known = this.#hasComeBack(unitId) ? undefined : this.#units.get(unitId);
    const nowMs = this.#clock.monotonicMs();
    if (known && (known.chain?.isWhole || nowMs < known.retryAtMs)) return;
    const read = (from: number, count: number) => this.#words(device, { from, count }, signal);
    const chain = await walkSunspec(read, known?.chain);
    const retryAtMs = nowMs + (chain ? RESUME_MS : RETRY_MS);
    this.#units.set(unitId, { chain, retryAtMs, comebackCount: this.comebackCountOf(unitId) });
    this.#revision++;
  }

  #hasComeBack(unitId: number): boolean {
    const known = this.#units.get(unitId);
    return known !== undefined && known.comebackCount !== this.comebackCountOf(unitId);
  }

  /** A few registers as they are; null if the device refuses them. */
  async #words(
    device: Device,
    { from, count }: { from: number; count: number },
    signal: AbortSignal,
  ): Promise<readonly number[] | null> {
    if (signal.aborted) throw new Unreachable("reading was ended");
    const points = Array.from({ length: count }, (_, index): ModbusPoint => {
      return { id: `sunspec:${from + index}`, address: wordAt(from + index), device };
    });
    const samples = await super.read(points, signal);
    const words = samples.map(({ value }) => value);
    return words.every((word) => typeof word === "number") ? words : null;
  }

  #expand(points: readonly ModbusPoint[]): Expanded {
    const before = this.#expanded.get(points);
    if (before?.revision === this.#revision) return before;
    const asked: ModbusPoint[] = [];
    const scales = new Map<string, number>();
    const ask = (point: ModbusPoint) => asked.push(point) - 1;
    const places = points.map((point): Place => {
      const { address, device } = point;
      if (address.sunspec === undefined) return { at: ask(point), scaleAt: null, reason: "" };
      const chain = this.#units.get(device.unitId)?.chain ?? null;
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
    const expanded = { revision: this.#revision, points: asked, places };
    this.#expanded.set(points, expanded);
    return expanded;
  }
}

function wordAt(from: number): Address {
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
