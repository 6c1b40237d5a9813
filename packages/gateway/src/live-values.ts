import type { PointId, Sample } from "@headgate/model";

type Listener = (sample: Sample) => void;

/** The last sample of each point. Slots are numbered, so that a scan writes without look-ups. */
export class LiveValues {
  readonly pointIds: readonly PointId[];
  readonly #slots: (Sample | undefined)[];
  readonly #slotOf: ReadonlyMap<PointId, number>;
  readonly #listeners: (Listener[] | undefined)[];

  constructor(pointIds: readonly PointId[]) {
    this.pointIds = pointIds;
    this.#slots = new Array(pointIds.length).fill(undefined);
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
    this.#slots[slot] = sample;
    const listeners = this.#listeners[slot];
    if (listeners) for (const listener of listeners) listener(sample);
  }

  get(pointId: PointId): Sample | undefined {
    return this.#slots[this.slotOf(pointId)];
  }

  at(slot: number): Sample | undefined {
    return this.#slots[slot];
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
    for (const sample of this.#slots) counts[sample ? sample.quality : "silent"]++;
    return counts;
  }
}
