import {
  type Clock,
  type Connection,
  missing,
  type Point,
  type Sample,
  Unreachable,
} from "@headgate/model";
import { silentLast } from "../silent-requests.ts";
import type { Reading } from "./format.ts";
import { MeterHealth } from "./meter-health.ts";

/** What the device settings of every meter protocol have in common. */
export interface MeterDevice {
  readonly meter: string;
  /** Instead of the channel's. */
  readonly timeout?: number | undefined;
}

/** One item to ask for, and the points that are read out of it. */
export interface ItemRequest<Address> {
  readonly item: string;
  readonly wanted: readonly WantedPoint<Address>[];
  /** Asked for if the meter refuses this one: a block's single items. */
  readonly instead: readonly ItemRequest<Address>[];
}

export interface WantedPoint<Address> {
  readonly index: number;
  readonly pointId: string;
  readonly address: Address;
}

/** What came of asking for an item. */
export type Fetched =
  | { readonly kind: "data"; readonly data: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string; readonly isForGood: boolean }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "silence"; readonly reason: string };

/** What one protocol knows of reading a meter. */
export interface MeterReader<Address, Device extends MeterDevice> {
  plan(wanted: readonly WantedPoint<Address>[], device: Device): readonly ItemRequest<Address>[];
  /** Rejects with `Unreachable` only: then the line is lost. */
  fetch(item: string, device: Device, timeoutMs: number): Promise<Fetched>;
  /** Why a block's data do not hold what was asked for with it; null if they do. */
  misfit(request: ItemRequest<Address>, data: Uint8Array): string | null;
  /** The value in the item's data, or why there is none. */
  decode(address: Address, item: string, options: { device: Device; data: Uint8Array }): Reading;
}

export interface MeterConnectionOptions<Address, Device extends MeterDevice> {
  readonly reader: MeterReader<Address, Device>;
  /** For messages: "/dev/ttyUSB0". */
  readonly where: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Infinity on a serial line: its silence says nothing about the port. */
  readonly timeoutsMax: number;
  readonly lose: (why: Unreachable) => void;
}

interface DevicePlan<Address, Device> {
  readonly device: Device;
  readonly health: MeterHealth;
  readonly requests: readonly ItemRequest<Address>[];
}

/** A line with meters while it is up. */
export class MeterConnection<Address, Device extends MeterDevice>
  implements Connection<Address, Device>
{
  readonly #options: MeterConnectionOptions<Address, Device>;
  readonly #health = new Map<string, MeterHealth>();
  readonly #plans = new WeakMap<object, readonly DevicePlan<Address, Device>[]>();
  #silenceCount = 0;

  constructor(options: MeterConnectionOptions<Address, Device>) {
    this.#options = options;
  }

  async read(points: readonly Point<Address, Device>[], signal: AbortSignal): Promise<Sample[]> {
    const samples = new Array<Sample>(points.length);
    for (const plan of this.#plansFor(points)) {
      if (signal.aborted) throw new Unreachable("reading was ended");
      await this.#readDevice(plan, samples, signal);
    }
    return samples;
  }

  async close(): Promise<void> {
    this.#options.lose(new Unreachable("the connection was closed"));
  }

  #plansFor(points: readonly Point<Address, Device>[]): readonly DevicePlan<Address, Device>[] {
    let plans = this.#plans.get(points);
    if (plans) return plans;
    const byDevice = Map.groupBy(points.entries(), ([, { device }]) => device);
    plans = [...byDevice].map(([device, entries]) => {
      const wanted = entries.map(([index, { id, address }]) => ({ index, pointId: id, address }));
      const requests = this.#options.reader.plan(wanted, device);
      return { device, health: this.#healthOf(device.meter), requests };
    });
    this.#plans.set(points, plans);
    return plans;
  }

  #healthOf(meter: string): MeterHealth {
    let health = this.#health.get(meter);
    if (!health) {
      health = new MeterHealth();
      this.#health.set(meter, health);
    }
    return health;
  }

  async #readDevice(
    plan: DevicePlan<Address, Device>,
    samples: Sample[],
    signal: AbortSignal,
  ): Promise<void> {
    const { health } = plan;
    let reason = health.restingReason(this.#options.clock.monotonicMs());
    for (const request of silentLast(plan.requests, ({ item }) => health.items.has(item))) {
      if (signal.aborted) throw new Unreachable("reading was ended");
      if (reason === null) reason = await this.#readItem(plan, request, samples);
      else this.#fail(request, reason, samples);
    }
  }

  /** Null, or why the meter need not be asked more in this scan. */
  async #readItem(
    plan: DevicePlan<Address, Device>,
    request: ItemRequest<Address>,
    samples: Sample[],
  ): Promise<string | null> {
    const { clock, reader, timeoutMs } = this.#options;
    const { device, health } = plan;
    const { item } = request;
    const startMs = clock.monotonicMs();
    const refused = health.refusalOf(item, startMs) ?? health.items.restingReason(item, startMs);
    if (refused !== null) {
      return await this.#readInstead(plan, request, { refusal: refused, samples });
    }
    const fetched = await reader.fetch(item, device, device.timeout ?? timeoutMs);
    const nowMs = clock.monotonicMs();
    if (fetched.kind === "silence") {
      health.silent(fetched.reason, nowMs);
      health.items.silent(item, { reason: fetched.reason, costMs: nowMs - startMs }, nowMs);
      this.#endIfSilent();
      this.#fail(request, fetched.reason, samples);
      return fetched.reason;
    }
    this.#silenceCount = 0;
    const wasPrompt = health.isPrompt;
    health.answered();
    health.items.answered(item);
    const isBlock = request.instead.length > 0;
    const misfit = isBlock && fetched.kind === "data" ? reader.misfit(request, fetched.data) : null;
    if (fetched.kind === "data" && misfit === null) {
      this.#decode(request, { device, data: fetched.data }, samples);
      return null;
    }
    const refusal = misfit ?? (fetched.kind === "data" ? "" : fetched.reason);
    const isForGood = isBlock || (fetched.kind === "refused" && fetched.isForGood);
    // A refusal names no item: after a silence it may be the late one of another.
    if (isForGood && wasPrompt) health.refused(item, refusal, nowMs);
    return await this.#readInstead(plan, request, { refusal, samples });
  }

  async #readInstead(
    plan: DevicePlan<Address, Device>,
    request: ItemRequest<Address>,
    { refusal, samples }: { refusal: string; samples: Sample[] },
  ): Promise<string | null> {
    if (request.instead.length === 0) this.#fail(request, refusal, samples);
    let reason: string | null = null;
    const { items } = plan.health;
    for (const single of silentLast(request.instead, ({ item }) => items.has(item))) {
      if (reason === null) reason = await this.#readItem(plan, single, samples);
      else this.#fail(single, reason, samples);
    }
    return reason;
  }

  #decode(
    { item, wanted }: ItemRequest<Address>,
    options: { device: Device; data: Uint8Array },
    samples: Sample[],
  ): void {
    const timestampMs = this.#options.clock.nowMs();
    for (const { index, pointId, address } of wanted) {
      const reading = this.#options.reader.decode(address, item, options);
      samples[index] =
        "value" in reading
          ? { pointId, timestampMs, quality: "good", value: reading.value }
          : missing(pointId, timestampMs, reading.reason);
    }
  }

  #fail({ wanted }: ItemRequest<Address>, reason: string, samples: Sample[]): void {
    const timestampMs = this.#options.clock.nowMs();
    for (const { index, pointId } of wanted) {
      samples[index] = missing(pointId, timestampMs, reason);
    }
  }

  /** A socket nobody answers through is not trusted again: a new one may reach them. */
  #endIfSilent(): void {
    const { timeoutsMax, where, lose } = this.#options;
    if (++this.#silenceCount < timeoutsMax) return;
    const what = `${where}: connected, but ${this.#silenceCount} requests in a row had no answer`;
    const hint = "check the meter numbers, and baud rate and parity of the serial server";
    const lost = new Unreachable(`${what}; ${hint}`);
    lose(lost);
    throw lost;
  }
}
