import { good, type Missing, type Sample, type Samples, type Value } from "@headgate/model";

/** What was read of one point: a value, or why there is none; null until then. */
export type Given = Value | Missing | null;

interface Named {
  readonly id: string;
}

/** Lists of points are of few lengths. */
const LENGTHS_MAX = 64;

/** Empty lists, by length: one of its own for each would be one more that no cache holds. */
const blanks = new Map<number, readonly Given[]>();

/** What one scan has read so far, in the order of its list of points; when it is over, the next. */
export class ScanSamples {
  readonly #points: readonly Named[];
  readonly #blank: readonly Given[];
  #list: Given[] | null = null;
  /** One a point, once two answers of a scan came at different times. */
  #timesMs: number[] | null = null;
  #timestampMs = Number.NaN;

  constructor(points: readonly Named[]) {
    this.#points = points;
    this.#blank = blankOf(points.length);
  }

  /** When the values came that are put in next. */
  get timestampMs(): number {
    return this.#timestampMs;
  }

  set timestampMs(timestampMs: number) {
    if (this.#list !== null && timestampMs !== this.#timestampMs) {
      this.#timesMs ??= new Array<number>(this.#points.length).fill(this.#timestampMs);
    }
    this.#timestampMs = timestampMs;
  }

  /** Values that have just come are to be put in here, from `from` to before `to`. */
  listFor(from: number, to: number): Given[] {
    // A copy of an empty list: what `new` makes here V8 soon takes for old, for it waits.
    this.#list ??= this.#blank.slice();
    this.#timesMs?.fill(this.#timestampMs, from, to);
    return this.#list;
  }

  /** There is no value of this point. */
  fail(index: number, missing: Missing): void {
    this.listFor(index, index + 1)[index] = missing;
  }

  /** All of them, which are the caller's from now on: nothing here keeps them alive. */
  take(): Samples {
    const list = this.listFor(0, 0);
    const samples = new ReadSamples(this.#points, list, this.#timesMs ?? this.#timestampMs);
    this.#list = null;
    this.#timesMs = null;
    return samples;
  }
}

/** Values of one scan. A sample is made when it is looked at, and equal each time. */
class ReadSamples implements Samples {
  readonly #points: readonly Named[];
  readonly #list: readonly Given[];
  /** One for all, or one a point. */
  readonly #timesMs: number | readonly number[];

  constructor(
    points: readonly Named[],
    list: readonly Given[],
    timesMs: number | readonly number[],
  ) {
    this.#points = points;
    this.#list = list;
    this.#timesMs = timesMs;
  }

  get length(): number {
    return this.#list.length;
  }

  at(index: number): Sample | undefined {
    const given = this.#list[index];
    if (given === null || given === undefined) return undefined;
    if (typeof given === "object") return given;
    const timesMs = this.#timesMs;
    const timestampMs = typeof timesMs === "number" ? timesMs : (timesMs[index] as number);
    return good((this.#points[index] as Named).id, timestampMs, given);
  }

  *[Symbol.iterator](): Iterator<Sample> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as Sample;
  }
}

/** An empty list. */
function blankOf(length: number): readonly Given[] {
  let blank = blanks.get(length);
  if (!blank) {
    if (blanks.size >= LENGTHS_MAX) blanks.clear();
    blank = new Array<Given>(length).fill(null);
    blanks.set(length, blank);
  }
  return blank;
}
