import type { Seq } from "@headgate/model";
import { encodedOf } from "./encoded-block.ts";
import type { StoreLink } from "./store-link.ts";
import type { Commit, Committed } from "./store-messages.ts";

/** A fault: the file opened anew has to tell what became of the commit, if there was one. */
export interface Unsure {
  readonly commit: Commit | null;
  /** Where the epochs ended before it. */
  readonly before: ReadonlyMap<string, Seq>;
}

/**
 * What a commit came to that was reported as failed, if the file opened anew holds it whole: a
 * failed fsync or a lost answer does not tell. Null if it holds nothing of it, or something else.
 */
export async function storedAfterAll(
  { commit, before }: Unsure,
  link: StoreLink,
): Promise<Committed | null> {
  if (!commit) return null;
  const { ledger } = link;
  const heads = ledger.heads();
  for (const [epoch, head] of headsAfter(commit, before)) {
    if (heads.get(epoch) !== head) return null;
  }
  const encoded: { hash: string; body: Uint8Array }[] = [];
  for (const block of commit.blocks) {
    const { stream, epoch, seq } = block;
    const range = { stream, epoch, first: seq, last: seq };
    const found = await link.call("read", { range, blocksMax: 1, bytesMax: 1 });
    const [stored] = found.blocks;
    const expected = encodedOf(block);
    // At capacity the same transaction may have thinned or dropped it again.
    const isReplaced = found.thinned.length > 0 || ledger.gapsIn(range).length > 0;
    const isKept = stored ? stored.hash === expected.hash : isReplaced;
    if (!isKept) return null;
    encoded.push(expected);
  }
  if (encoded.length + commit.gaps.length === 0) return null;
  const epochs = ledger.epochs.map(({ firstSeq, headSeq, ...entry }) => {
    return { ...entry, tailSeq: firstSeq, next: headSeq + 1 };
  });
  const changes = { samplesDropped: 0, thinned: [] };
  return { encoded, epochs, gaps: ledger.gaps, ...changes, ...link.space };
}

/** Where each epoch that the commit adds numbers to ends with it. */
function headsAfter(commit: Commit, before: ReadonlyMap<string, Seq>): Map<string, Seq> {
  const heads = new Map<string, Seq>();
  const ends = [...commit.blocks.map(({ epoch, seq }) => ({ epoch, last: seq })), ...commit.gaps];
  for (const { epoch, last } of ends) {
    heads.set(epoch, Math.max(heads.get(epoch) ?? before.get(epoch) ?? 0, last));
  }
  return heads;
}
