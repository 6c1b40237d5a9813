import type { PointListRecord } from "../protocol/point-list-record.ts";
import type { Arrival } from "./store.ts";

/** Samples of one transaction: about 60 ms of work, during which the broker is not answered. */
const SLICE_SAMPLES_MAX = 50_000;
const SLICE_ARRIVALS_MAX = 2000;
/** Beyond either, no further message is taken in until a commit made room. */
const WAITING_SAMPLES_MAX = 4 * SLICE_SAMPLES_MAX;
const WAITING_BYTES_MAX = 32 * 1024 * 1024;
/** What a thinned entry weighs beyond what it announces: how many minutes it tells is not known. */
const MINUTES_WEIGHT = 1000;
/** What an arrival costs beyond its samples and bytes, in bytes. */
const ARRIVAL_BYTES = 200;

/** What came in and is not committed yet; bounded by making the broker wait. */
export class Inbox {
  #arrivals: Arrival[] = [];
  #lists: PointListRecord[] = [];
  #samples = 0;
  #bytes = 0;
  #held: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#arrivals.length === 0 && this.#lists.length === 0;
  }

  /** A slice's worth is waiting: committing now is as good as it gets. */
  get hasSlice(): boolean {
    return this.#samples >= SLICE_SAMPLES_MAX || this.#arrivals.length >= SLICE_ARRIVALS_MAX;
  }

  get isFull(): boolean {
    return this.#samples >= WAITING_SAMPLES_MAX || this.#bytes >= WAITING_BYTES_MAX;
  }

  addList(record: PointListRecord): void {
    this.#lists.push(record);
    this.#bytes += listBytesOf(record);
  }

  add(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      this.#arrivals.push(arrival);
      this.#samples += samplesOf(arrival);
      this.#bytes += bytesOf(arrival);
    }
  }

  /** Calls back at once while there is room, else as soon as there is. */
  whenRoom(goOn: () => void): void {
    if (this.isFull) this.#held.push(goOn);
    else goOn();
  }

  takeLists(): readonly PointListRecord[] {
    const lists = this.#lists;
    this.#lists = [];
    for (const list of lists) this.#bytes -= listBytesOf(list);
    return lists;
  }

  /** What the next transaction takes; at least one arrival, if any waits. */
  takeSlice(): readonly Arrival[] {
    let count = 0;
    let samples = 0;
    for (const arrival of this.#arrivals) {
      const own = samplesOf(arrival);
      if (count > 0 && (samples + own > SLICE_SAMPLES_MAX || count >= SLICE_ARRIVALS_MAX)) break;
      samples += own;
      count++;
    }
    const slice = this.#arrivals.splice(0, count);
    for (const arrival of slice) {
      this.#samples -= samplesOf(arrival);
      this.#bytes -= bytesOf(arrival);
    }
    return slice;
  }

  /** Lets those go on who wait for room. To call after a commit. */
  release(): void {
    if (this.isFull) return;
    const held = this.#held;
    this.#held = [];
    for (const goOn of held) goOn();
  }
}

function samplesOf({ entry }: Arrival): number {
  if (entry.kind === "gap") return 0;
  if (entry.kind !== "thinned") return entry.sampleCount;
  // A row for each number, as for each sample.
  return entry.keptCount + entry.last - entry.first + 1 + MINUTES_WEIGHT;
}

function listBytesOf({ pointIds }: PointListRecord): number {
  return pointIds.reduce((sum, id) => sum + 2 * id.length, ARRIVAL_BYTES);
}

/** Memory an arrival holds on to, about. */
export function bytesOf({ entry }: Arrival): number {
  if (entry.kind === "gap") return ARRIVAL_BYTES;
  if (entry.kind === "thinned") return ARRIVAL_BYTES + entry.body.length;
  const samples = (entry.samples?.length ?? 0) * ARRIVAL_BYTES;
  return ARRIVAL_BYTES + (entry.body?.length ?? 0) + samples;
}
