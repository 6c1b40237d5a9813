import type { Point, Value } from "@headgate/model";
import type { Address } from "./address.ts";
import type { BlockLimits } from "./block-limits.ts";
import { createDecoder, type Decoder } from "./decode.ts";
import {
  type Barrier,
  planReads,
  type ReadLimits,
  type ReadRequest,
  type Wanted,
} from "./plan-reads.ts";
import { isBitTable, type Read, readRequest, TABLES } from "./request.ts";
import type { Doubt } from "./retests.ts";
import type { Device } from "./settings.ts";
import type { Unit } from "./unit.ts";

export type ModbusPoint = Point<Address, Device>;

/**
 * Points that stand next to each other in the answer as in the list, and are read alike. Numbers
 * for many at once: what is looked up for each would be more than the processor's cache holds
 * where a hundred devices are read.
 */
export interface Run {
  readonly decoder: Decoder;
  /** From here on in `wanted`, up to before `to`. */
  readonly from: number;
  to: number;
  /** Where the first one's sample belongs in the scan's; the others follow. */
  readonly index: number;
  /** Byte of the first one in the answer's values; for coils and discrete inputs the bit. */
  readonly at: number;
  /** From one to the next; 0 until there is a next. */
  step: number;
}

/** A request with everything worked out that stays the same from scan to scan. */
export interface PlannedRequest extends ReadRequest {
  readonly request: Read;
  readonly runs: readonly Run[];
  /** In the order of `wanted`. */
  readonly pointIds: readonly string[];
  /** The device gave it, now or before. */
  wasGiven: boolean;
}

/** Decoders hold nothing of a device, and there are few kinds of them. */
const DECODERS_MAX = 1024;
const decoders = new Map<string, Decoder>();

/** The points of one device in one scan class, and the requests they make. */
export class DevicePlan {
  readonly device: Device;
  readonly unit: Unit;
  readonly #points: readonly ModbusPoint[];
  readonly #wanted: readonly Wanted[];
  readonly #decoders: ReadonlyMap<number, Decoder>;
  requests: readonly PlannedRequest[] = [];
  /** Refused before, and not asked until their time comes. */
  skipped: readonly { readonly wanted: Wanted; readonly reason: string }[] = [];
  /** Requests that were answered, and the points in them. */
  readonly #given = new Set<number>();
  #revision = -1;
  #validUntilMs = Number.NEGATIVE_INFINITY;

  constructor(points: readonly ModbusPoint[], indexes: readonly number[], unit: Unit) {
    this.#points = points;
    this.unit = unit;
    this.device = this.#pointAt(indexes[0] ?? 0).device;
    this.#wanted = indexes.map((index) => {
      const { table, from, count } = this.#pointAt(index).address;
      return { index, table, from, count };
    });
    this.#decoders = new Map(
      indexes.map((index) => {
        const { address } = this.#pointAt(index);
        return [index, isBitTable(address.table) ? BIT_DECODER : this.#decoderOf(address)];
      }),
    );
  }

  /** One for all points that differ in nothing but their place, of whatever device. */
  #decoderOf(address: Address): Decoder {
    const { from: _place, nan, ...others } = address;
    const kind = JSON.stringify([others, this.device.order]) + nan.join();
    let decoder = decoders.get(kind);
    if (!decoder) {
      decoder = createDecoder(address, this.device.order);
      if (decoders.size >= DECODERS_MAX) decoders.clear();
      decoders.set(kind, decoder);
    }
    return decoder;
  }

  /** The shortest there is to ask, of what the device does not refuse nor leave unanswered. */
  smallest(): Read {
    const { silent } = this.unit;
    const answered = this.requests.filter(({ request }) => !silent.has(request));
    const requests = answered.length > 0 ? answered : this.requests;
    const asked = requests.flatMap(({ wanted }) => wanted);
    const [first, ...others] = asked.length > 0 ? asked : this.#wanted;
    const one = others.reduce(
      (best, next) => (next.count < best.count ? next : best),
      first as Wanted,
    );
    return readRequest({ ...one, unitId: this.device.unitId });
  }

  pointIdOf({ index }: Wanted): string {
    return this.#pointAt(index).id;
  }

  get wanted(): readonly Wanted[] {
    return this.#wanted;
  }

  /** Plans anew if the device has refused something since, or something is to be tried again. */
  refresh(nowMs: number): void {
    const { refusals, limits: learnt } = this.unit;
    const { revision } = this.unit;
    if (this.#revision === revision && nowMs < this.#validUntilMs) return;
    this.#revision = revision;
    this.#validUntilMs = refusals.nextRetestMs(nowMs);
    const asked: Wanted[] = [];
    const skipped: { wanted: Wanted; reason: string }[] = [];
    for (const wanted of this.#wanted) {
      const reason = refusals.reasonFor(wanted, nowMs);
      if (reason === null) asked.push(wanted);
      else skipped.push({ wanted, reason });
    }
    const limits = this.#limitsWith(learnt);
    this.requests = planReads(asked, limits, this.barriers()).map((read) => this.compile(read));
    this.skipped = skipped;
  }

  #limitsWith(learnt: Pick<BlockLimits, "countMax">): ReadLimits {
    const { maxRegisters, maxBits, maxGap, oneRequestPerPoint } = this.device;
    return {
      maxRegisters: Math.min(maxRegisters, learnt.countMax("holding")),
      maxBits: Math.min(maxBits, learnt.countMax("coil")),
      maxGap,
      isOneRequestPerPoint: oneRequestPerPoint,
    };
  }

  /** A request that there would be if the unit took what is doubted; null if there is none. */
  doubting(doubt: Doubt): ReadRequest | null {
    const asked = this.requests.flatMap(({ wanted }) => wanted);
    const limits = this.#limitsWith(doubt === "length" ? NO_LIMITS : this.unit.limits);
    const isWithSeams = doubt !== "seams";
    const barriers = this.unit.refusals.barriers(this.#wanted, { isWithSeams });
    const now = new Set(this.requests.map(spanKey));
    return planReads(asked, limits, barriers).find((read) => !now.has(spanKey(read))) ?? null;
  }

  /** What no request may reach across, by what is known now. */
  barriers(): Barrier[] {
    return this.unit.refusals.barriers(this.#wanted);
  }

  /** It was answered: what it asked for the device has. */
  noteGiven(planned: PlannedRequest): void {
    if (planned.wasGiven) return;
    planned.wasGiven = true;
    if (this.#given.size >= GIVEN_MAX) this.#given.clear();
    for (const one of [planned, ...planned.wanted]) this.#given.add(spanKey(one));
  }

  compile(read: ReadRequest): PlannedRequest {
    const request = readRequest({ ...read, unitId: this.device.unitId });
    return {
      ...read,
      request,
      runs: this.#runsOf(read),
      pointIds: read.wanted.map((wanted) => this.pointIdOf(wanted)),
      wasGiven: this.#given.has(spanKey(read)),
    };
  }

  #runsOf({ table, from: start, wanted }: ReadRequest): Run[] {
    const perAddress = isBitTable(table) ? 1 : 2;
    const runs: Run[] = [];
    for (const [nth, { index, from }] of wanted.entries()) {
      const decoder = this.#decoders.get(index) as Decoder;
      const at = (from - start) * perAddress;
      const last = runs.at(-1);
      if (!last || last.decoder !== decoder || !isNext(last, { nth, index, at })) {
        runs.push({ decoder, from: nth, to: nth + 1, index, at, step: 0 });
        continue;
      }
      last.step = (at - last.at) / (nth - last.from);
      last.to = nth + 1;
    }
    return runs;
  }

  #pointAt(index: number): ModbusPoint {
    return this.#points[index] as ModbusPoint;
  }
}

const NO_LIMITS = { countMax: () => Number.POSITIVE_INFINITY };

function isNext(run: Run, { nth, index, at }: { nth: number; index: number; at: number }): boolean {
  const count = nth - run.from;
  return index === run.index + count && (count === 1 || at === run.at + count * run.step);
}

/** Of one device; beyond, what was given is learnt anew. */
const GIVEN_MAX = 8192;

/** A number for each: texts of thousands of points would be megabytes. */
function spanKey({ table, from, count }: Pick<ReadRequest, "table" | "from" | "count">): number {
  return (count * 0x10000 + from) * TABLES.length + TABLES.indexOf(table);
}

const BIT_DECODER: Decoder = {
  isPlainWord: false,
  decode: (bytes, at): Value => (((bytes[at >> 3] as number) >> (at & 7)) & 1) === 1,
  explain: () => "not available",
};
