import { exportRecord, type ReceivedEpoch, receiveStatus } from "@headgate/sync/receiver";
import { conflictsIn } from "./conflicts.ts";
import type { Fact } from "./facts.ts";
import type { Oracle } from "./oracle.ts";
import { exportedText } from "./sample-text.ts";

/** A receiver's store, when everything has come to rest. */
export interface Verdict {
  readonly storedCount: number;
  readonly lostCount: number;
}

/** Holds what a receiver has stored against what was committed. */
export function judge(
  oracle: Oracle,
  { receiverId, storePath: path }: { receiverId: string; storePath: string },
  growing: readonly string[],
): Verdict {
  const stored = storedBlocks(oracle, path);
  const { epochs } = receiveStatus(path);
  const asides = conflictsIn(path);
  for (const [epoch, head] of oracle.facts.requiredHeads()) {
    const end = epochs.find((one) => one.epoch === epoch)?.contiguousEnd ?? 0;
    if (head <= end) continue;
    oracle.violate(`of ${epoch} 1 to ${head} exist, "${receiverId}" knows of 1 to ${end}`);
  }
  const forked = epochs.find((one) => one.conflictCount > 0 && growing.includes(one.epoch));
  if (forked) oracle.violate(`${forked.epoch} has two contents under one number, and still grows`);
  let lostCount = 0;
  for (const fact of oracle.facts.all) {
    if (fact.isVoid || fact.samples.length === 0) continue;
    const { epoch, seq, hash } = fact;
    const kept = stored.get(`${epoch}/${seq}`);
    if (kept && isSame(kept, fact)) continue;
    if (kept && asides.has(`${epoch}/${seq}/${hash}`)) continue;
    if (oracle.unnoticed.has(`${epoch}/${seq}`)) continue;
    const gap = gapOf(epochs, fact);
    if (kept) oracle.violate(`block ${seq} of ${epoch} is stored with other contents`);
    else if (!gap) oracle.violate(`block ${seq} of ${epoch} is neither stored nor in a gap`);
    else if (gap.reason === "expired" && !oracle.mayHaveForgotten(receiverId, epoch, seq)) {
      oracle.violate(`block ${seq} of ${epoch} expired before it had arrived`);
    } else lostCount += fact.samples.length;
  }
  const storedCount = [...stored.values()].reduce((sum, samples) => sum + samples.length, 0);
  for (const epoch of epochs) countGaps(oracle, epoch, stored);
  return { storedCount, lostCount };
}

/** What is stored, by block; nothing that was not committed, and nothing twice. */
function storedBlocks(oracle: Oracle, path: string): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  for (const sample of exportRecord(path, {})) {
    const key = `${sample.epoch}/${sample.block}`;
    const samples = blocks.get(key) ?? [];
    blocks.set(key, samples);
    if (samples.length !== sample.index)
      oracle.violate(`block ${key} lacks sample ${samples.length}`);
    samples.push(exportedText(sample));
  }
  const names = new Set<string>();
  for (const [key, samples] of blocks) {
    const [epoch = "", seq] = key.split("/");
    const fact = oracle.facts.of(epoch, Number(seq)).find((one) => isSame(samples, one));
    if (!fact) oracle.violate(`block ${key} is stored as nobody committed it`);
    for (const name of fact?.names ?? []) {
      if (names.has(name)) oracle.violate(`${name} is stored twice`);
      names.add(name);
    }
  }
  return blocks;
}

function isSame(samples: readonly string[], fact: Fact): boolean {
  if (samples.length !== fact.samples.length) return false;
  return samples.every((sample, index) => sample === fact.samples[index]);
}

function gapOf(epochs: readonly ReceivedEpoch[], { epoch, seq }: Fact) {
  const gaps = epochs.find((one) => one.epoch === epoch)?.gaps ?? [];
  return gaps.find(({ first, last }) => first <= seq && seq <= last);
}

/** A gap says how many samples are gone: as many as were committed in it and did not arrive. */
function countGaps(
  oracle: Oracle,
  { epoch, gaps }: ReceivedEpoch,
  stored: ReadonlyMap<string, unknown>,
): void {
  if (gaps.some(({ reason }) => reason === "expired" || reason === "disk-full")) return;
  for (const { first, last, sampleCount } of gaps) {
    const overlapping = gaps.filter((other) => other.first <= last && other.last >= first);
    if (overlapping.length > 1) continue;
    let committed = 0;
    let isVoid = false;
    for (let seq = first; seq <= last; seq++) {
      const facts = oracle.facts.of(epoch, seq);
      isVoid ||= facts.some((fact) => fact.isVoid) || facts.length !== 1;
      if (!stored.has(`${epoch}/${seq}`)) committed += facts[0]?.samples.length ?? 0;
    }
    if (isVoid || committed === sampleCount) continue;
    const what = `the gap of ${first} to ${last} of ${epoch} tells of ${sampleCount} samples`;
    oracle.violate(`${what}, ${committed} were committed`);
  }
}
