import type { Sample } from "@headgate/model";

/** Lists of points are of few lengths. */
const LENGTHS_MAX = 64;

/** Empty lists, by length: one of its own for each would be one more that no cache holds. */
const blanks = new Map<number, readonly Sample[]>();

/**
 * The samples of one scan, one a point of its list. They come into being when the first is known,
 * and as a copy of an empty list: what waits for answers V8 soon takes for old, what `new` makes
 * at this place too, and with an old list it would keep all samples that were ever in it.
 */
export class ScanSamples {
  readonly #blank: readonly Sample[];
  #list: Sample[] | null = null;
  /** When the answer came whose samples are put in. */
  timestampMs: number;

  /** `blank` is as long as the list of points; what is not read stays as it is there. */
  constructor(blank: readonly Sample[]) {
    this.#blank = blank;
    // V8 would box the time of each sample anew: not what it takes from a field that may hold more.
    this.timestampMs = undefined as never;
  }

  /** The list, which is the caller's from now on: nothing here keeps it alive. */
  take(): Sample[] {
    const { list } = this;
    this.#list = null;
    return list;
  }

  get list(): Sample[] {
    this.#list ??= this.#blank.slice();
    return this.#list;
  }
}

/** An empty list. */
export function blankOf(length: number): readonly Sample[] {
  let blank = blanks.get(length);
  if (!blank) {
    if (blanks.size >= LENGTHS_MAX) blanks.clear();
    blank = new Array<Sample>(length);
    blanks.set(length, blank);
  }
  return blank;
}
