import type { BufferWord, PublishedWord, RangeWord, ToldWord } from "./buffer-words.ts";
import type { Said } from "./disk-log.ts";

/** Names a block. */
export function keyOf(epoch: string, seq: number): string {
  return `${epoch}/${seq}`;
}

/** What a buffer had promised up to a moment, and where each sample really went. */
export class BufferTruth {
  /** Blocks that may have left, by key. */
  readonly published = new Map<string, PublishedWord>();
  readonly kept = new Set<number>();
  readonly acknowledged: RangeWord[] = [];
  readonly quarantined: RangeWord[] = [];
  /** Of the whole recording: the block that each sample is in. */
  readonly placeOf = new Map<number, PublishedWord>();
  /** Gaps and minutes that were read; none lies in another, which has grown out of it. */
  #told: readonly ToldWord[] = [];
  /** Numbers that were read with two contents. */
  readonly forks: string[] = [];
  readonly #words: readonly { readonly at: number; readonly word: BufferWord }[];
  #next = 0;

  constructor(said: readonly Said[]) {
    this.#words = said.map(({ at, text }) => ({ at, word: JSON.parse(text) as BufferWord }));
    const seen = new Map<string, string>();
    for (const { word } of this.#words) {
      if (word.kind !== "published") continue;
      const key = keyOf(word.epoch, word.seq);
      const hash = seen.get(key) ?? word.hash;
      if (hash !== word.hash) this.forks.push(`${key} was read as ${hash} and as ${word.hash}`);
      seen.set(key, word.hash);
      for (const counter of word.counters) this.placeOf.set(counter, word);
    }
  }

  /** Goes on to what had been said before a cut. */
  advance(at: number): void {
    for (; this.#next < this.#words.length; this.#next++) {
      const next = this.#words[this.#next];
      if (!next || next.at >= at) return;
      this.#take(next.word);
    }
  }

  /** Gaps and minutes that were read and acknowledged: a buffer need not tell of them any more. */
  settled(): ToldWord[] {
    return this.#told.filter((word) => this.acknowledged.some((range) => isIn(word, range)));
  }

  #take(word: BufferWord): void {
    if (word.kind === "published") this.published.set(keyOf(word.epoch, word.seq), word);
    else if (word.kind === "kept") for (const counter of word.counters) this.kept.add(counter);
    else if (word.kind === "told") {
      this.#told = [...this.#told.filter((other) => !isIn(other, word)), word];
    } else if (word.kind === "acknowledge") this.acknowledged.push(...word.ranges);
    else this.quarantined.push(...word.ranges);
  }
}

function isIn(part: RangeWord, whole: RangeWord): boolean {
  return part.epoch === whole.epoch && part.first >= whole.first && part.last <= whole.last;
}
