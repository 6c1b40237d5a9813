import type { BlockRange } from "@headgate/model";
import { countOf, differenceOf, intersectionOf, spansByEpoch } from "../ranges.ts";

/** So often in a row the connection must end over the same blocks before they are blamed. */
const STRIKES_MAX = 3;

/** What was on the way: the numbers of one batch, and how many entries they are. */
export interface UnderWay {
  readonly ranges: readonly BlockRange[];
  readonly entryCount: number;
}

/**
 * Finds what makes a server close the connection without a word: blocks that were on the way each
 * time and were never taken. First they are narrowed down, one message at a time, then the culprit
 * is named. Whatever else ends connections is not always met by the same blocks. Pure.
 */
export class Suspicion {
  #suspects: readonly BlockRange[] = [];
  #strikes = 0;
  /** Of those in a row, the ones at which a single suspect was alone on the way. */
  #soloStrikes = 0;

  /** Only one message may be on the way now. */
  get isCareful(): boolean {
    return this.#strikes >= STRIKES_MAX;
  }

  /** The connection ended without a reason that would explain it. */
  closed(underWay: readonly UnderWay[]): void {
    const ranges = underWay.flatMap((batch) => batch.ranges);
    const common = commonOf(this.#suspects, ranges);
    const isAgain = common.length > 0;
    this.#suspects = isAgain ? common : ranges;
    this.#strikes = ranges.length === 0 ? 0 : isAgain ? this.#strikes + 1 : 1;
    const entryCount = underWay.reduce((sum, batch) => sum + batch.entryCount, 0);
    this.#soloStrikes = entryCount === 1 ? (isAgain ? this.#soloStrikes : 0) + 1 : 0;
  }

  /** The server has taken these: they are innocent. */
  taken(ranges: readonly BlockRange[]): void {
    if (this.#strikes === 0) return;
    this.#suspects = without(this.#suspects, ranges);
    if (this.#suspects.length === 0) this.clear();
  }

  /** What to do with a batch: send it, send its entries one by one, or never send it again. */
  judge({ ranges, entryCount }: UnderWay): "send" | "narrow" | "culprit" {
    if (!this.isCareful || commonOf(this.#suspects, ranges).length === 0) return "send";
    if (entryCount > 1) return "narrow";
    return this.#soloStrikes >= STRIKES_MAX ? "culprit" : "send";
  }

  clear(): void {
    this.#suspects = [];
    this.#strikes = 0;
    this.#soloStrikes = 0;
  }
}

function commonOf(some: readonly BlockRange[], others: readonly BlockRange[]): BlockRange[] {
  return combined(some, others, intersectionOf);
}

function without(some: readonly BlockRange[], others: readonly BlockRange[]): BlockRange[] {
  return combined(some, others, differenceOf);
}

function combined(
  some: readonly BlockRange[],
  others: readonly BlockRange[],
  combine: typeof intersectionOf,
): BlockRange[] {
  const byEpoch = spansByEpoch(others);
  return [...spansByEpoch(some)].flatMap(([key, { stream, epoch, spans }]) => {
    const left = combine(spans, byEpoch.get(key)?.spans ?? []);
    return countOf(left) === 0 ? [] : left.map((span) => ({ stream, epoch, ...span }));
  });
}
