import {
  type Clock,
  type Connection,
  type Inspection,
  type InspectQuestion,
  type Sample,
  Unreachable,
  type Value,
} from "@headgate/model";
import type { Address } from "./address.ts";
import { DeviceReader } from "./device-reader.ts";
import { inspectRegisters } from "./inspect/inspect-registers.ts";
import type { Line } from "./line.ts";
import { DevicePlan, type ModbusPoint } from "./read-plan.ts";
import { DONE, isFailure, type Reply, reasonOf, silenceText } from "./reply.ts";
import { isRead, type Request } from "./request.ts";
import type { Device } from "./settings.ts";
import { Unit } from "./unit.ts";
import { writePoint } from "./write-point.ts";

/** Silence of the whole line after which it is lost, however rarely its units are read. */
const LINE_SILENCE_MAX_MS = 60_000;

/** Modbus over serial line, 2.4.1: 100 to 200 ms for every unit to work on a broadcast. */
const BROADCAST_PAUSE_MS = 200;
/** So long between two looks at the same registers. */
const INSPECT_PAUSE_MS = 300;
const NO_ANSWER_TO_BROADCAST = "unit 0 is for broadcasts on a serial line: nobody answers";

export interface ConnectionOptions {
  readonly line: Line;
  /** For messages: "10.0.0.5:502". */
  readonly where: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Infinity on a serial line: its silence says nothing about the port. */
  readonly timeoutsMax: number;
}

/** A Modbus line while it is up, with what it has learnt of its units. */
export class ModbusConnection implements Connection<Address, Device> {
  readonly #options: ConnectionOptions;
  readonly #units = new Map<number, Unit>();
  readonly #plans = new WeakMap<readonly ModbusPoint[], readonly DevicePlan[]>();
  #silenceCount = 0;
  #lastAnswerMs: number;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#lastAnswerMs = options.clock.monotonicMs();
  }

  async read(points: readonly ModbusPoint[], signal: AbortSignal): Promise<Sample[]> {
    const samples = new Array<Sample>(points.length);
    for (const plan of this.#plansFor(points)) {
      if (signal.aborted) throw new Unreachable("reading was ended");
      await this.#readDevice(plan, samples, signal);
    }
    return samples;
  }

  /** One write at a time: those that change part of a register read it first. */
  write(point: ModbusPoint, value: Value): Promise<void> {
    const unit = this.#unit(point.device.unitId);
    const timeoutMs = this.#timeoutFor(point.device);
    const ask = (request: Request) =>
      this.#isBroadcast(unit) ? this.#broadcast(request) : this.#ask(unit, request, timeoutMs);
    const { port } = this.#options.line;
    const write = () => writePoint({ point, value, ask, port, timeoutMs });
    const written = this.#writing.then(write, write);
    this.#writing = written;
    return written;
  }

  /** Whatever the unit's health: who inspects wants to see what it does now. */
  inspect(question: InspectQuestion<Address, Device>, signal: AbortSignal): Promise<Inspection> {
    const { device } = question;
    const unit = this.#unit(device.unitId);
    const timeoutMs = this.#timeoutFor(device);
    const ask = (request: Request) => this.#ask(unit, request, timeoutMs);
    const silence = silenceText(unit.id, timeoutMs);
    const pause = () => this.#options.clock.sleep(INSPECT_PAUSE_MS, signal);
    return inspectRegisters({ question, read: { ask, silence }, pause });
  }

  async close(): Promise<void> {
    this.#options.line.lose(new Unreachable("the connection was closed"));
  }

  #unit(id: number): Unit {
    let unit = this.#units.get(id);
    if (!unit) {
      unit = new Unit(id);
      this.#units.set(id, unit);
    }
    return unit;
  }

  #plansFor(points: readonly ModbusPoint[]): readonly DevicePlan[] {
    let plans = this.#plans.get(points);
    if (!plans) {
      const byDevice = Map.groupBy(points.keys(), (index) => points[index]?.device as Device);
      plans = [...byDevice].map(
        ([{ unitId }, indexes]) => new DevicePlan(points, indexes, this.#unit(unitId)),
      );
      this.#plans.set(points, plans);
    }
    return plans;
  }

  #timeoutFor(device: Device): number {
    return device.timeout ?? this.#options.timeoutMs;
  }

  async #readDevice(plan: DevicePlan, samples: Sample[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const timeoutMs = this.#timeoutFor(plan.device);
    const ask = (request: Request) => this.#ask(plan.unit, request, timeoutMs);
    const reader = new DeviceReader({ clock, ask, plan, timeoutMs, samples });
    const resting = this.#isBroadcast(plan.unit)
      ? NO_ANSWER_TO_BROADCAST
      : plan.unit.health.restingReason(nowMs);
    if (resting !== null) {
      reader.fail(plan.wanted, resting);
      return;
    }
    plan.refresh(nowMs);
    await reader.read(signal);
  }

  #isBroadcast({ id }: Unit): boolean {
    return id === 0 && !this.#options.line.port.hasIds;
  }

  /** All units on a serial line take it, none answers. */
  async #broadcast(request: Request): Promise<Reply> {
    if (isRead(request)) return { kind: "malformed", reason: NO_ANSWER_TO_BROADCAST };
    await this.#options.line.exchange(request, BROADCAST_PAUSE_MS);
    return DONE;
  }

  /**
   * Where answers carry no id, a late one would pass for the next: then something is asked first
   * whose answer cannot be mistaken for it.
   */
  async #ask(unit: Unit, request: Request, timeoutMs: number): Promise<Reply> {
    const { line } = this.#options;
    if (!unit.owed.isEmpty && !line.port.hasIds) {
      const reply = await this.#exchange(unit, unit.owed.probe(), timeoutMs);
      if (isFailure(reply)) return reply;
      // Its exception may be a late one. The unit is back: what it still owes comes soon.
      if (!unit.owed.isEmpty) await line.rest(timeoutMs);
      unit.owed.clear();
    }
    return await this.#exchange(unit, request, timeoutMs);
  }

  async #exchange(unit: Unit, request: Request, timeoutMs: number): Promise<Reply> {
    const { line, clock } = this.#options;
    const reply = await line.exchange(request, timeoutMs);
    const nowMs = clock.monotonicMs();
    if (!line.port.hasIds) unit.owed.note(request, reply);
    if (reply.kind === "silence") {
      unit.health.failed(silenceText(unit.id, timeoutMs), nowMs);
      unit.isSilent = true;
      this.#silenceCount++;
      this.#endIfAllSilent(nowMs);
      return reply;
    }
    this.#lastAnswerMs = nowMs;
    if (this.#silenceCount > 0) {
      this.#silenceCount = 0;
      for (const other of this.#units.values()) other.isSilent = false;
    }
    if (isFailure(reply)) unit.health.failed(reasonOf(reply, unit.id, timeoutMs), nowMs);
    else unit.health.answered();
    return reply;
  }

  /** A socket nobody answers through is not trusted again: a new one may reach them. */
  #endIfAllSilent(nowMs: number): void {
    const { line, where, timeoutsMax } = this.#options;
    if (this.#silenceCount < timeoutsMax) return;
    const isAnyoneLeft = [...this.#units.values()].some(
      ({ isSilent, health }) => !isSilent && health.restingReason(nowMs) === null,
    );
    if (isAnyoneLeft && nowMs - this.#lastAnswerMs < LINE_SILENCE_MAX_MS) return;
    const count = this.#silenceCount;
    const isAlone = this.#units.size === 1;
    const hint = isAlone
      ? "check the unit id; if it is right, the device may hang: restart it"
      : "check the unit ids, and what is behind this address";
    const what = `${where}: connected, but ${count} requests in a row had no answer`;
    const lost = new Unreachable(`${what}; ${hint}`);
    line.lose(lost);
    throw lost;
  }
}
