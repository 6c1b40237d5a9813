import type { Commit } from "./committed-log.ts";

/** One line of `headgate receive export`. */
export interface StoredSample {
  readonly point: string;
  readonly t: number;
  readonly value: number | null;
  readonly quality: string;
  readonly epoch: string;
  readonly block: number;
  readonly index: number;
}

export interface Verdict {
  readonly storedCount: number;
  readonly committedCount: number;
  /** Committed samples that upstream does not have. */
  readonly lostCount: number;
  readonly twiceCount: number;
  readonly wrongCount: number;
  /** Committed samples that upstream does not have and was told of by gap records. */
  readonly goneCount: number;
  /** The first few of each, for people. */
  readonly examples: readonly string[];
}

/** Numbers that a gap record covers. */
export interface GoneRange {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

const EXAMPLES_MAX = 10;

/**
 * Compares the receiver's record with what the gateway committed and what the meters served.
 * Values identify themselves: reading * 4096 + point, where the point's id ends in its number and
 * the meter's readings count its answers, so that no two of them are alike.
 */
export class RecordVerifier {
  #blocks = new Map<string, number>();
  #lastReadingOf = new Map<string, number>();
  #places = new Set<string>();
  #storedCount = 0;
  #twiceCount = 0;
  #wrongCount = 0;
  #examples: string[] = [];
  readonly #readingsServed: number;

  constructor(readingsServed: number) {
    this.#readingsServed = readingsServed;
  }

  /** Takes stored samples, of each point in the order of blocks and indexes. */
  add(sample: StoredSample): void {
    this.#storedCount++;
    const block = `${sample.epoch}/${sample.block}`;
    this.#blocks.set(block, (this.#blocks.get(block) ?? 0) + 1);
    const place = `${block}/${sample.index}`;
    if (this.#places.has(place)) this.#report("twice", sample);
    this.#places.add(place);
    if (sample.value !== null) this.#checkValue(sample, sample.value);
  }

  #checkValue(sample: StoredSample, value: number): void {
    const point = Number(sample.point.match(/\d+$/)?.[0]);
    const reading = Math.floor(value / 4096);
    if (value % 4096 !== point || reading < 1 || reading > this.#readingsServed) {
      this.#report("wrong", sample);
      return;
    }
    const last = this.#lastReadingOf.get(sample.point) ?? 0;
    if (reading === last) this.#report("twice", sample);
    if (reading < last) this.#report("wrong", sample);
    this.#lastReadingOf.set(sample.point, Math.max(reading, last));
  }

  #report(what: "twice" | "wrong", sample: StoredSample): void {
    if (what === "twice") this.#twiceCount++;
    else this.#wrongCount++;
    if (this.#examples.length < EXAMPLES_MAX) {
      this.#examples.push(`${what}: ${JSON.stringify(sample)}`);
    }
  }

  verdict(commits: readonly Commit[], gaps: readonly GoneRange[] = []): Verdict {
    let lostCount = 0;
    let goneCount = 0;
    let committedCount = 0;
    const examples = [...this.#examples];
    for (const { stream, epoch, first, last, samples } of commits) {
      if (stream !== "main") continue;
      committedCount += samples;
      let stored = 0;
      for (let seq = first; seq <= last; seq++) stored += this.#blocks.get(`${epoch}/${seq}`) ?? 0;
      if (stored === samples) continue;
      if (stored < samples && this.#isTold({ epoch, first, last }, gaps)) {
        goneCount += samples - stored;
        continue;
      }
      lostCount += Math.abs(samples - stored);
      examples.push(`${epoch} blocks ${first}-${last}: ${samples} committed, ${stored} stored`);
    }
    return {
      storedCount: this.#storedCount,
      committedCount,
      lostCount,
      twiceCount: this.#twiceCount,
      wrongCount: this.#wrongCount,
      goneCount,
      examples: examples.slice(0, 2 * EXAMPLES_MAX),
    };
  }

  /** Whether every number of the range that holds nothing is covered by a gap record. */
  #isTold({ epoch, first, last }: GoneRange, gaps: readonly GoneRange[]): boolean {
    const isGone = (seq: number) =>
      gaps.some((gap) => gap.epoch === epoch && gap.first <= seq && gap.last >= seq);
    let goneCount = 0;
    for (let seq = first; seq <= last; seq++) {
      if (isGone(seq)) goneCount++;
      else if (!this.#blocks.has(`${epoch}/${seq}`)) return false;
    }
    return goneCount > 0;
  }
}
