import type { PointId, Sample } from "@headgate/model";

type Listener = (sample: Sample) => void;

/**
 * What a slot holds: nothing yet, a good number in the columns, or a sample as it came; or it is of
 * a point that is there no more.
 */
const Held = { nothing: 0, number: 1, sample: 2, gone: 3 } as const;

/** Slots of points that went are not used again, so that none is taken for another's. */
const GONE_SLOTS_MAX = 20_000;

/**
 * The last sample of each point. Slots are numbered, so that a scan writes without look-ups.
 * Numbers are copied into columns: a sample that is kept until the next scan would grow old, and
 * old garbage is dear.
 */
export class LiveValues {
  readonly #pointIds: PointId[] = [];
  #held = new Uint8Array(0);
  #numbers = new Float64Array(0);
  #timestampsMs = new Float64Array(0);
  readonly #samples: (Sample | undefined)[] = [];
  readonly #slotOf = new Map<PointId, number>();
  readonly #listeners: (Listener[] | undefined)[] = [];

  constructor(pointIds: readonly PointId[]) {
    this.add(pointIds);
  }

  /** Makes room for points that have none yet. */
  add(pointIds: readonly PointId[]): void {
    const added = [...new Set(pointIds)].filter((id) => !this.#slotOf.has(id));
    if (added.length === 0) return;
    const count = this.#pointIds.length + added.length;
    this.#held = grown(this.#held, new Uint8Array(count));
    this.#numbers = grown(this.#numbers, new Float64Array(count));
    this.#timestampsMs = grown(this.#timestampsMs, new Float64Array(count));
    for (const id of added) {
      this.#slotOf.set(id, this.#pointIds.length);
      this.#pointIds.push(id);
      this.#samples.push(undefined);
      this.#listeners.push(undefined);
    }
  }

  /** False when too many points have come and gone. */
  hasRoomFor(pointCount: number): boolean {
    return this.#pointIds.length <= pointCount + GONE_SLOTS_MAX;
  }

  /** Forgets all points but these. */
  keepOnly(pointIds: readonly PointId[]): void {
    const kept = new Set(pointIds);
    for (const [id, slot] of this.#slotOf) {
      if (kept.has(id)) continue;
      this.#slotOf.delete(id);
      this.#held[slot] = Held.gone;
      this.#samples[slot] = undefined;
    }
  }

  /** The slot of a point of this gateway. Throws on a foreign id: a bug of the caller. */
  slotOf(pointId: PointId): number {
    const slot = this.#slotOf.get(pointId);
    if (slot === undefined) throw new Error(`no such point: "${pointId}"`);
    return slot;
  }

  has(pointId: PointId): boolean {
    return this.#slotOf.has(pointId);
  }

  put(slot: number, sample: Sample): void {
    if (this.#held[slot] === Held.gone) return;
    if (sample.quality === "good" && typeof sample.value === "number") {
      if (this.#held[slot] === Held.sample) this.#samples[slot] = undefined;
      this.#held[slot] = Held.number;
      this.#numbers[slot] = sample.value;
      this.#timestampsMs[slot] = sample.timestampMs;
    } else {
      this.#held[slot] = Held.sample;
      this.#samples[slot] = sample;
    }
    const listeners = this.#listeners[slot];
    if (listeners) for (const listener of listeners) listener(sample);
  }

  get(pointId: PointId): Sample | undefined {
    return this.at(this.slotOf(pointId));
  }

  at(slot: number): Sample | undefined {
    if (this.#held[slot] !== Held.number) return this.#samples[slot];
    return {
      pointId: this.#pointIds[slot] as PointId,
      timestampMs: this.#timestampsMs[slot] as number,
      quality: "good",
      value: this.#numbers[slot] as number,
    };
  }

  /** Calls `listener` with each new sample of the point until `signal` aborts. */
  watch(pointId: PointId, signal: AbortSignal, listener: Listener): void {
    const slot = this.slotOf(pointId);
    this.#listeners[slot] = [...(this.#listeners[slot] ?? []), listener];
    const forget = () => {
      this.#listeners[slot] = this.#listeners[slot]?.filter((other) => other !== listener);
    };
    signal.addEventListener("abort", forget, { once: true });
  }

  /** How many points are good, uncertain, bad, or have not spoken yet. */
  countByQuality(): { good: number; uncertain: number; bad: number; silent: number } {
    const counts = { good: 0, uncertain: 0, bad: 0, silent: 0 };
    for (let slot = 0; slot < this.#held.length; slot++) {
      const held = this.#held[slot];
      if (held === Held.number) counts.good++;
      else if (held !== Held.gone) counts[this.#samples[slot]?.quality ?? "silent"]++;
    }
    return counts;
  }
}

function grown<T extends Uint8Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
