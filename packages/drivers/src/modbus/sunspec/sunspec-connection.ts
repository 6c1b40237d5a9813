import {
  type Clock,
  Refused,
  type Sample,
  type Samples,
  Unreachable,
  type Value,
} from "@headgate/model";
import { type ConnectionOptions, ModbusConnection } from "../connection.ts";
import type { ModbusPoint } from "../read-plan.ts";
import type { Device } from "../settings.ts";
import { collectSunspec, type ExpandedPoints, expandSunspec, wordAt } from "./expand.ts";
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

interface Expanded extends ExpandedPoints {
  readonly revision: number;
}

/** A Modbus line that also knows points by their SunSpec model: `sunspec:103/W`. */
export class SunspecConnection extends ModbusConnection {
  readonly #units = new Map<number, KnownUnit>();
  readonly #expanded = new WeakMap<readonly ModbusPoint[], Expanded>();
  /** Of a list of points, those that are found by their model. */
  readonly #ofSunspec = new WeakMap<readonly ModbusPoint[], readonly ModbusPoint[]>();
  #lastPlain: readonly ModbusPoint[] | null = null;
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

  override read(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Samples> {
    // Mostly it is the list that was read before, and has none.
    if (points === this.#lastPlain) return super.read(points, signal);
    let ofSunspec = this.#ofSunspec.get(points);
    if (!ofSunspec) {
      ofSunspec = points.filter(({ address }) => address.sunspec !== undefined);
      this.#ofSunspec.set(points, ofSunspec);
    }
    if (ofSunspec.length === 0) {
      this.#lastPlain = points;
      return super.read(points, signal);
    }
    return this.#readModels(points, ofSunspec, signal);
  }

  async #readModels(
    points: readonly ModbusPoint[],
    ofSunspec: readonly ModbusPoint[],
    signal: AbortSignal,
  ): Promise<Sample[]> {
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
    const expanded = this.#expand(points);
    this.standIn(points, expanded.points);
    const samples = await super.read(expanded.points, signal);
    return collectSunspec(points, expanded, { samples, nowMs: this.#clock.nowMs() });
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
    const words = [...samples].map(({ value }) => value);
    return words.every((word) => typeof word === "number") ? words : null;
  }

  #expand(points: readonly ModbusPoint[]): Expanded {
    const before = this.#expanded.get(points);
    if (before?.revision === this.#revision) return before;
    const chainOf = (unitId: number) => this.#units.get(unitId)?.chain ?? null;
    const expanded = { revision: this.#revision, ...expandSunspec(points, chainOf) };
    this.#expanded.set(points, expanded);
    return expanded;
  }
}
