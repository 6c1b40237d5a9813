/** Whole numbers as sorted, merged ranges, both ends included. */
export class RangeSet {
  readonly #ranges: [number, number][] = [];

  constructor(ranges: Iterable<readonly [number, number]> = []) {
    for (const [first, last] of ranges) this.add(first, last);
  }

  /** The ranges, ascending; never touching each other. */
  get ranges(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }

  add(first: number, last: number): void {
    if (first > last) return;
    const ranges = this.#ranges;
    let from = this.#indexOf(first - 1);
    const start = from;
    let low = first;
    let high = last;
    for (let range = ranges[from]; range !== undefined && range[0] <= last + 1; ) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
      range = ranges[++from];
    }
    ranges.splice(start, from - start, [low, high]);
  }

  remove(first: number, last: number): void {
    if (first > last) return;
    const ranges = this.#ranges;
    const start = this.#indexOf(first);
    const kept: [number, number][] = [];
    let end = start;
    for (let range = ranges[end]; range !== undefined && range[0] <= last; range = ranges[++end]) {
      if (range[0] < first) kept.push([range[0], first - 1]);
      if (range[1] > last) kept.push([last + 1, range[1]]);
    }
    ranges.splice(start, end - start, ...kept);
  }

  /** Whether all of `first` to `last` is in it. */
  covers(first: number, last: number): boolean {
    const range = this.#ranges[this.#indexOf(first)];
    return range !== undefined && range[0] <= first && last <= range[1];
  }

  /** The range that holds `number`, or else the next one above it. */
  atOrAbove(number: number): readonly [number, number] | undefined {
    return this.#ranges[this.#indexOf(number)];
  }

  /** The range that holds `number`, or else the next one below it. */
  atOrBelow(number: number): readonly [number, number] | undefined {
    const index = this.#indexOf(number);
    const range = this.#ranges[index];
    return range !== undefined && range[0] <= number ? range : this.#ranges[index - 1];
  }

  /** What both have. */
  intersect(other: RangeSet): RangeSet {
    const both = new RangeSet();
    for (const [first, last] of this.#ranges) {
      let at = first;
      for (let hit = other.atOrAbove(at); hit && hit[0] <= last; hit = other.atOrAbove(at)) {
        both.#ranges.push([Math.max(at, hit[0]), Math.min(last, hit[1])]);
        at = hit[1] + 1;
        if (at > last) break;
      }
    }
    return both;
  }

  /** Index of the first range that ends at or above `number`. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as [number, number])[1] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
