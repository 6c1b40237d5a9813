import { spanAt } from "@headgate/sync/cores";
import { type ReceivedEpoch, receiveStatus } from "@headgate/sync/receiver";
import { type Asides, conflictsIn } from "./conflicts.ts";
import { countsOf } from "./count-samples.ts";
import type { Fact } from "./facts.ts";
import type { Oracle } from "./oracle.ts";
import { type StoredBlocks, storedBlocks } from "./stored-blocks.ts";

/** A receiver's store, when everything has come to rest. */
export interface Verdict {
  readonly storedCount: number;
  /** Of blocks that were thinned, what is not kept as it was. */
  readonly thinnedCount: number;
  readonly lostCount: number;
}

/** Holds what a receiver has stored against what was committed. */
export function judge(
  oracle: Oracle,
  receiver: { receiverId: string; storePath: string },
  growing: readonly string[],
): Verdict {
  const stored = storedBlocks(receiver.storePath);
  const { epochs, refused } = receiveStatus(receiver.storePath);
  const judging = new Judging(oracle, receiver, { stored, epochs });
  judging.judgeEpochs(growing);
  for (const { reason } of refused) oracle.violate(`the receiver refused a block: ${reason}`);
  judging.judgeStored();
  for (const fact of oracle.facts.all) judging.judgeFact(fact);
  for (const wrong of countsOf(oracle.facts, epochs, stored)) oracle.violate(wrong);
  const storedCount = [...stored.values()].reduce((sum, samples) => sum + samples.size, 0);
  const { thinnedCount, lostCount } = judging;
  return { storedCount, thinnedCount, lostCount };
}

interface Found {
  readonly stored: StoredBlocks;
  readonly epochs: readonly ReceivedEpoch[];
}

class Judging {
  thinnedCount = 0;
  lostCount = 0;
  readonly #oracle: Oracle;
  readonly #receiverId: string;
  readonly #found: Found;
  readonly #asides: Asides;

  constructor(
    oracle: Oracle,
    { receiverId, storePath }: { receiverId: string; storePath: string },
    found: Found,
  ) {
    this.#oracle = oracle;
    this.#receiverId = receiverId;
    this.#found = found;
    this.#asides = conflictsIn(storePath);
  }

  /** Nothing is missing without a word, and no number goes on with two meanings. */
  judgeEpochs(growing: readonly string[]): void {
    const { epochs } = this.#found;
    for (const [epoch, head] of this.#oracle.facts.requiredHeads()) {
      const end = epochs.find((one) => one.epoch === epoch)?.contiguousEnd ?? 0;
      if (head <= end) continue;
      this.#wrong(`of ${epoch} 1 to ${head} exist, "${this.#receiverId}" knows of 1 to ${end}`);
    }
    const forked = epochs.find((one) => one.conflictCount > 0 && growing.includes(one.epoch));
    const odd = epochs.find(({ conflictCount }) => conflictCount > 0);
    if (odd && !this.#oracle.mayFork) this.#wrong(`${odd.epoch} has conflicts, and one life`);
    if (forked) this.#wrong(`${forked.epoch} has two contents under one number, and still grows`);
  }

  /** Nothing is stored that was not committed, and nothing twice. */
  judgeStored(): void {
    const names = new Set<string>();
    for (const [key, samples] of this.#found.stored) {
      const [epoch = "", number] = key.split("/");
      const isThinned = this.#isThinned(epoch, Number(number));
      const facts = this.#oracle.facts.of(epoch, Number(number));
      const fact = facts.find((one) => isPartOf(samples, one, isThinned));
      if (!fact) this.#wrong(`block ${key} is stored as nobody committed it`);
      for (const index of samples.keys()) {
        const name = fact?.names[index] ?? null;
        if (name === null) continue;
        if (names.has(name)) this.#wrong(`${name} is stored twice`);
        names.add(name);
      }
    }
  }

  /** What was committed is stored, thinned, set aside or recorded as gone. */
  judgeFact(fact: Fact): void {
    if (fact.isVoid || fact.samples.length === 0) return;
    const { epoch, seq, hash, samples } = fact;
    const kept = this.#found.stored.get(`${epoch}/${seq}`);
    if (this.#isThinned(epoch, seq)) {
      this.thinnedCount += samples.length - (kept?.size ?? 0);
      return;
    }
    if (kept && isPartOf(kept, fact, false)) return;
    if (this.#asides.has(epoch, seq, hash)) return;
    if (this.#oracle.unnoticed.has(`${epoch}/${seq}`)) return;
    const gap = this.#gapOf(fact);
    if (kept) this.#wrong(`block ${seq} of ${epoch} is stored with other contents`);
    else if (!gap) this.#wrong(`block ${seq} of ${epoch} is neither stored nor in a gap`);
    else if (gap.reason === "expired" && !this.#mayLack(epoch, seq)) {
      this.#wrong(`block ${seq} of ${epoch} expired before it had arrived`);
    } else this.lostCount += samples.length;
  }

  #mayLack(epoch: string, seq: number): boolean {
    return this.#oracle.mayHaveForgotten(this.#receiverId, epoch, seq);
  }

  #isThinned(epoch: string, seq: number): boolean {
    const thinned = this.#found.epochs.find((one) => one.epoch === epoch)?.thinned;
    return thinned !== undefined && spanAt(thinned.spans, seq) !== undefined;
  }

  #gapOf({ epoch, seq }: Fact) {
    const gaps = this.#found.epochs.find((one) => one.epoch === epoch)?.gaps ?? [];
    return gaps.find(({ first, last }) => first <= seq && seq <= last);
  }

  #wrong(text: string): void {
    this.#oracle.violate(text);
  }
}

/** All of a block or, of one that was thinned, what was kept of it, each in its place. */
function isPartOf(samples: ReadonlyMap<number, string>, fact: Fact, isThinned: boolean): boolean {
  if (!isThinned && samples.size !== fact.samples.length) return false;
  return [...samples].every(([index, text]) => fact.samples[index] === text);
}
