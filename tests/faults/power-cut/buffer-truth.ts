import type { Account, BufferWord, PublishedWord, RangeWord, ToldWord } from "./buffer-words.ts";
import type { Said } from "./disk-log.ts";

/** Names a block. */
export function keyOf(epoch: string, seq: number): string {
  return `${epoch}/${seq}`;
}

/** At which place of the recording something was said. */
export interface Placed {
  readonly at: number;
}

/** What a buffer had promised up to a moment, and where each sample really went. */
export class BufferTruth {
  /** Blocks that may have left, by key. */
  readonly published = new Map<string, PublishedWord & Placed>();
  /** When each sample was promised. */
  readonly kept = new Map<number, number>();
  readonly acknowledged: (RangeWord & Placed)[] = [];
  readonly quarantined: (RangeWord & Placed)[] = [];
  /** Of the whole recording: the block that each sample is in. */
  readonly placeOf = new Map<number, PublishedWord & Placed>();
  /** Gaps and minutes that were read; none lies in another, which has grown out of it. */
  #told: readonly (ToldWord & Placed)[] = [];
  /** Of the whole recording: how many samples each block has that was read. */
  readonly #sizes = new Map<string, number>();
  /** Numbers that were read with two contents. */
  readonly forks: string[] = [];
  readonly #words: readonly { readonly at: number; readonly word: BufferWord }[];
  #next = 0;

  constructor(said: readonly Said[]) {
    this.#words = said.map(({ at, text }) => ({ at, word: JSON.parse(text) as BufferWord }));
    const seen = new Map<string, string>();
    for (const { at, word } of this.#words) {
      if (word.kind !== "published") continue;
      const key = keyOf(word.epoch, word.seq);
      const hash = seen.get(key) ?? word.hash;
      if (hash !== word.hash) this.forks.push(`${key} was read as ${hash} and as ${word.hash}`);
      seen.set(key, word.hash);
      this.#sizes.set(key, word.counters.length);
      for (const counter of word.counters) this.placeOf.set(counter, { ...word, at });
    }
  }

  /** Goes on to what had been said before a cut. */
  advance(at: number): void {
    for (; this.#next < this.#words.length; this.#next++) {
      const next = this.#words[this.#next];
      if (!next || next.at >= at) return;
      this.#take(next);
    }
  }

  /** Gaps and minutes that were read and acknowledged: a buffer need not tell of them any more. */
  settled(): ToldWord[] {
    return this.#told.filter((word) => this.acknowledged.some((range) => isIn(word, range)));
  }

  /** Of all that a gap or minutes account for: the samples in blocks that were never read. */
  unreadIn({ epoch, first, last, sampleCount }: Account): number {
    let count = sampleCount;
    for (let seq = first; seq <= last; seq++) count -= this.#sizes.get(keyOf(epoch, seq)) ?? 0;
    return count;
  }

  /** All that was said of a number, for a person who wants to know what became of it. */
  historyOf(epoch: string, seq: number): string[] {
    const isOf = (range: RangeWord) => isIn({ ...range, epoch, first: seq, last: seq }, range);
    const said = (what: string) => (range: RangeWord & Placed) =>
      `${what} in ${range.first}-${range.last} at ${range.at}`;
    const read = this.published.get(keyOf(epoch, seq));
    return [
      ...(read ? [`read at ${read.at}`] : []),
      ...this.#told.filter(isOf).map(said("told of")),
      ...this.acknowledged.filter(isOf).map(said("acknowledged")),
      ...this.quarantined.filter(isOf).map(said("refused")),
    ];
  }

  #take({ at, word }: { readonly at: number; readonly word: BufferWord }): void {
    if (word.kind === "published") this.published.set(keyOf(word.epoch, word.seq), { ...word, at });
    else if (word.kind === "kept") for (const counter of word.counters) this.kept.set(counter, at);
    else if (word.kind === "told") {
      this.#told = [...this.#told.filter((other) => !isIn(other, word)), { ...word, at }];
    } else this[PAST[word.kind]].push(...word.ranges.map((range) => ({ ...range, at })));
  }
}

const PAST = { acknowledge: "acknowledged", quarantine: "quarantined" } as const;

function isIn(part: RangeWord, whole: RangeWord): boolean {
  return part.epoch === whole.epoch && part.first >= whole.first && part.last <= whole.last;
}
