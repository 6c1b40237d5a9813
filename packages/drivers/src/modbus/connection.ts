import {
  type Clock,
  type Connection,
  type Inspection,
  type InspectQuestion,
  type LineReport,
  type Samples,
  type ScanClass,
  Unreachable,
  type Value,
} from "@headgate/model";
import type { Address } from "./address.ts";
import { DeviceAsking, type Rank } from "./device-asking.ts";
import type { DeviceReader } from "./device-reader.ts";
import { inspectRegisters } from "./inspect/inspect-registers.ts";
import type { LessonsKeeper } from "./lessons-keeper.ts";
import { LineLoad } from "./line-load.ts";
import { LineTalk, type LineTalkOptions } from "./line-talk.ts";
import { modelOf } from "./model-of.ts";
import { DevicePlan, type ModbusPoint } from "./read-plan.ts";
import type { RegisterCache } from "./register-cache.ts";
import { type Guest, type RelayDeps, relay } from "./relay.ts";
import { DONE, type Reply, silenceText } from "./reply.ts";
import { isRead, type Request } from "./request.ts";
import { type PlannedDevice, Scan } from "./scan.ts";
import type { Device } from "./settings.ts";
import { AT_ONCE_RANK_MS, WRITE_RANK_MS } from "./turn-queue.ts";
import type { Unit } from "./unit.ts";
import { writePoint } from "./write-point.ts";

/** Modbus over serial line, 2.4.1: 100 to 200 ms for every unit to work on a broadcast. */
const BROADCAST_PAUSE_MS = 200;
/** Nobody tells whether it came too soon. */
const BROADCAST_QUIET_MS = 40;
/** So long between two looks at the same registers. */
const INSPECT_PAUSE_MS = 300;
const NO_ANSWER_TO_BROADCAST = "unit 0 is for broadcasts on a serial line: nobody answers";

export interface ConnectionOptions extends LineTalkOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Absent where nothing is kept. */
  readonly lessons?: LessonsKeeper;
  /** Present where other masters may read what was read anyway. */
  readonly cache?: RegisterCache | undefined;
}

/** A Modbus line while it is up, with what it has learnt of its units. */
export class ModbusConnection implements Connection<Address, Device> {
  readonly #options: ConnectionOptions;
  readonly #talk: LineTalk;
  readonly #load: LineLoad;
  readonly #relayDeps: RelayDeps;
  readonly #lists = new WeakMap<readonly ModbusPoint[], PointList>();
  #last: PointList | null = null;
  #keeping: Promise<void> | null = null;
  readonly #timeoutsMs = new Map<number, number>();
  #writing: Promise<unknown> = Promise.resolve();
  #writeCount = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#talk = new LineTalk(options);
    this.#load = new LineLoad(options.line, this.#talk, (points) =>
      this.#listOf(points).devices.map(({ plan }) => plan),
    );
    const { clock, line, cache } = options;
    this.#relayDeps = {
      talk: this.#talk,
      clock,
      cache,
      needsReadBeforeWrite: () => line.port.needsReadBeforeWrite,
      restingReason: (unit) => this.#restingReason(unit, clock.monotonicMs()),
      ownWrite: () => (this.#writeCount > 0 ? this.#writing : null),
    };
  }

  get ended(): AbortSignal {
    return this.#options.line.ended;
  }

  schedule(classes: readonly ScanClass<Address, Device>[]): void {
    for (const { points, intervalMs } of classes) this.#listOf(points).rank.rankMs = intervalMs;
    this.#load.schedule(classes);
    const all = classes.flatMap(({ points }) => points);
    for (const unit of this.#talk.units()) unit.isScanned = false;
    for (const [unitId, points] of Map.groupBy(all, ({ device }) => device.unitId)) {
      const unit = this.#talk.unit(unitId);
      unit.model = modelOf(points);
      unit.isGuests = false;
      unit.isScanned = true;
      const [first] = points;
      // What it has learnt since, it knows better.
      if (!this.#timeoutsMs.has(unitId)) this.#options.lessons?.teach(unit);
      if (first) this.#timeoutsMs.set(unitId, this.#timeoutFor(first.device));
    }
    const { lessons, line } = this.#options;
    if (lessons) this.#keeping ??= lessons.run(() => this.#talk.units(), line.ended);
  }

  /** For a scan class whose points are found on the device first: what is asked in their place. */
  protected standIn(scheduled: readonly ModbusPoint[], asked: readonly ModbusPoint[]): void {
    this.#listOf(asked).rank.rankMs = this.#listOf(scheduled).rank.rankMs;
    this.#load.standIn(scheduled, asked);
  }

  /** How often the unit answered again after it was given up. */
  protected comebackCountOf(unitId: number): number {
    return this.#talk.unit(unitId).health.comebackCount;
  }

  report(): LineReport {
    return this.#load.report(this.#options.clock.monotonicMs());
  }

  read(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Samples> {
    const nowMs = this.#options.clock.monotonicMs();
    this.#load.begin(points, nowMs);
    return this.#scanOf(this.#listOf(points)).run(signal, nowMs);
  }

  /** The one before, where it is over; reads of the same points may overlap. */
  #scanOf(list: PointList): Scan {
    if (!list.scan?.isOver) {
      const { line, clock } = this.#options;
      const { points, devices } = list;
      list.scan = new Scan({ line, clock, devices, points, readDevice: this.#readDevice });
    }
    return list.scan;
  }

  /** Rejects with `Unreachable` if the line is lost: then a write may have taken effect. */
  async relay(guest: Omit<Guest, "timeoutMs">): Promise<Reply> {
    const { timeoutMs: ofChannelMs } = this.#options;
    const timeoutMs = this.#timeoutsMs.get(guest.request.unitId) ?? ofChannelMs;
    return await relay(this.#relayDeps, { ...guest, timeoutMs });
  }

  /** One write at a time: those that change part of a register read it first. */
  write(point: ModbusPoint, value: Value): Promise<void> {
    const unit = this.#talk.unit(point.device.unitId);
    const timeoutMs = this.#timeoutFor(point.device);
    const options = { rankMs: WRITE_RANK_MS, timeoutMs };
    const ask = (request: Request) =>
      this.#isBroadcast(unit) ? this.#broadcast(request) : this.#talk.ask(unit, request, options);
    const { port } = this.#options.line;
    const write = () => writePoint({ point, value, ask, port, timeoutMs });
    this.#writeCount++;
    const written = this.#writing.then(write, write).finally(() => {
      this.#writeCount--;
    });
    this.#writing = written;
    return written;
  }

  /** Whatever the unit's health: who inspects wants to see what it does now. */
  inspect(question: InspectQuestion<Address, Device>, signal: AbortSignal): Promise<Inspection> {
    const { device } = question;
    const unit = this.#talk.unit(device.unitId);
    const timeoutMs = this.#timeoutFor(device);
    const options = { rankMs: AT_ONCE_RANK_MS, timeoutMs, isPatient: true };
    const ask = (request: Request) => this.#talk.ask(unit, request, options);
    const silence = silenceText(unit.id, timeoutMs);
    const pause = () => this.#options.clock.sleep(INSPECT_PAUSE_MS, signal);
    return inspectRegisters({ question, read: { ask, silence }, pause });
  }

  async close(): Promise<void> {
    this.#options.line.lose(new Unreachable("the connection was closed"));
    await this.#keeping;
  }

  #listOf(points: readonly ModbusPoint[]): PointList {
    // Mostly it is the one that was read before.
    if (this.#last?.points === points) return this.#last;
    const list = this.#lists.get(points) ?? this.#newListOf(points);
    this.#last = list;
    return list;
  }

  #newListOf(points: readonly ModbusPoint[]): PointList {
    const byDevice = Map.groupBy(points.keys(), (index) => points[index]?.device as Device);
    const rank = { rankMs: AT_ONCE_RANK_MS };
    const devices = [...byDevice].map(([{ unitId }, indexes]): PlannedDevice => {
      const plan = new DevicePlan(points, indexes, this.#talk.unit(unitId));
      const timeoutMs = this.#timeoutFor(plan.device);
      const asking = new DeviceAsking({ talk: this.#talk, unit: plan.unit, rank, timeoutMs });
      return { plan, asking };
    });
    const list: PointList = { points, devices, rank, scan: null };
    this.#lists.set(points, list);
    return list;
  }

  #timeoutFor(device: Device): number {
    return device.timeout ?? this.#options.timeoutMs;
  }

  readonly #readDevice = (reader: DeviceReader, signal: AbortSignal, nowMs: number): void => {
    if (signal.aborted) throw new Unreachable("reading was ended");
    const { plan } = reader;
    const { unit } = plan;
    const resting = this.#restingReason(unit, nowMs);
    if (resting !== null) {
      reader.rest(resting);
      return;
    }
    plan.refresh(nowMs);
    if (unit.health.isDead) {
      this.#talk.dead.tried(this.#timeoutFor(plan.device), nowMs);
      reader.readDead(signal);
    } else reader.read(signal);
  };

  /** Why the unit is not asked now, or null if it is. */
  #restingReason(unit: Unit, nowMs: number): string | null {
    if (this.#isBroadcast(unit)) return NO_ANSWER_TO_BROADCAST;
    if (unit.health.isFine || this.#talk.isWhollyDead) return null;
    const reason = unit.health.restingReason(nowMs);
    if (reason !== null || !unit.health.isDead || this.#talk.dead.mayTry(nowMs)) return reason;
    return unit.health.deadReason();
  }

  #isBroadcast({ id }: Unit): boolean {
    return id === 0 && !this.#options.line.port.hasIds;
  }

  /** All units on a serial line take it, none answers. */
  async #broadcast(request: Request): Promise<Reply> {
    if (isRead(request)) return { kind: "malformed", reason: NO_ANSWER_TO_BROADCAST };
    await this.#options.line.exchange(request, BROADCAST_PAUSE_MS, BROADCAST_QUIET_MS);
    return DONE;
  }
}

/** What is known of points that are read together. */
interface PointList {
  readonly points: readonly ModbusPoint[];
  readonly devices: readonly PlannedDevice[];
  readonly rank: Rank;
  /** The last one. */
  scan: Scan | null;
}
