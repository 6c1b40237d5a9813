import type { PointId, Sample } from "@headgate/model";

type Listener = (sample: Sample) => void;

/** What a slot holds: nothing yet, a good number in the columns, or a sample as it came. */
const Held = { nothing: 0, number: 1, sample: 2 } as const;

/**
 * The last sample of each point. Slots are numbered, so that a scan writes without look-ups.
 * Numbers are copied into columns: a sample that is kept until the next scan would grow old, and
 * old garbage is dear.
 */
export class LiveValues {
  readonly pointIds: readonly PointId[];
  readonly #held: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #timestampsMs: Float64Array;
  readonly #samples: (Sample | undefined)[];
  readonly #slotOf: ReadonlyMap<PointId, number>;
  readonly #listeners: (Listener[] | undefined)[];

  constructor(pointIds: readonly PointId[]) {
    this.pointIds = pointIds;
    this.#held = new Uint8Array(pointIds.length);
    this.#numbers = new Float64Array(pointIds.length);
    this.#timestampsMs = new Float64Array(pointIds.length);
    this.#samples = new Array(pointIds.length).fill(undefined);
    this.#listeners = new Array(pointIds.length).fill(undefined);
    this.#slotOf = new Map(pointIds.map((id, slot) => [id, slot]));
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
      pointId: this.pointIds[slot] as PointId,
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
      if (this.#held[slot] === Held.number) counts.good++;
      else counts[this.#samples[slot]?.quality ?? "silent"]++;
    }
    return counts;
  }
}
