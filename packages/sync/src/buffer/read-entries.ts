import {
  type Block,
  type BlockRange,
  type Entry,
  type ReadLimits,
  Unreachable,
} from "@headgate/model";
import { hashOf } from "../block/hash.ts";
import { isShortage, MediaFiles } from "./media-files.ts";
import { mergeEntries } from "./merge-entries.ts";
import { codeOf } from "./sqlite.ts";
import type { StoreLink } from "./store-link.ts";
import type { StoredBlock } from "./store-messages.ts";

interface ReadRequest {
  readonly range: BlockRange;
  readonly limits: ReadLimits;
  readonly link: StoreLink;
  readonly directory: string;
  /** Called with a block that is not what was stored; resolves when a gap record says so. */
  damaged(range: BlockRange): Promise<void>;
}

/** Reads from memory if it holds all that is asked, else from the database. */
export async function readEntries(request: ReadRequest): Promise<Entry[]> {
  const { range, limits, link } = request;
  const known = link.ledger.find(range);
  if (!known) return [];
  const first = Math.max(range.first, 1);
  const last = Math.min(range.last, known.headSeq);
  if (first > last) return [];
  const clipped = { ...range, first, last };
  const cached = readCached(link, clipped, limits);
  if (cached) return cached;
  const answer = await link.call("read", { range: clipped, ...limits });
  const blocks: Block[] = [];
  for (const stored of answer.blocks) {
    const block = await composed(stored, request.directory);
    if (!block) {
      await request.damaged({ ...range, first: stored.seq, last: stored.seq });
      return readEntries(request);
    }
    blocks.push(block);
  }
  for (const { isSound, hash, body, first, last } of answer.thinned) {
    if (isSound && hashOf(body) === hash) continue;
    await request.damaged({ ...range, first, last });
    return readEntries(request);
  }
  const gaps = link.ledger.gapsIn(clipped);
  const thinned = answer.thinned.map(({ isSound, ...entry }) => entry);
  return mergeEntries({ blocks, thinned, gaps, isComplete: answer.isComplete, ...limits });
}

/** All entries from memory, or null if one may be on disk only. */
function readCached(link: StoreLink, range: BlockRange, limits: ReadLimits): Entry[] | null {
  const gaps = link.ledger.gapsIn(range);
  const blocks: Block[] = [];
  let bytes = 0;
  let isComplete = true;
  for (let seq = range.first; seq <= range.last; seq++) {
    const block = link.cache.get(range.epoch, seq);
    if (block) {
      bytes += block.body.length;
      const isFull = blocks.length >= limits.blocksMax || bytes > limits.bytesMax;
      if (isFull && blocks.length > 0) {
        isComplete = false;
        break;
      }
      blocks.push(block);
      continue;
    }
    const gap = gaps.find(({ first, last }) => first <= seq && last >= seq);
    if (!gap) return null;
    seq = gap.last;
  }
  return mergeEntries({ blocks, gaps, isComplete, ...limits });
}

/** The block with its picture; null if anything of it is gone or not what was stored. */
async function composed(stored: StoredBlock, directory: string): Promise<Block | null> {
  const { mediaName, isSound, ...block } = stored;
  if (!isSound) return null;
  if (mediaName === "") return hashOf(block.body) === block.hash ? block : null;
  try {
    const bytes = await new MediaFiles(directory).read(mediaName);
    const body = new Uint8Array(block.body.length + bytes.length);
    body.set(block.body);
    body.set(bytes, block.body.length);
    return hashOf(body) === block.hash ? { ...block, body } : null;
  } catch (cause) {
    if (isShortage(cause)) throw new Unreachable(`read picture: ${codeOf(cause)}`, { cause });
    // Gone or unreadable: the caller records the loss.
    return null;
  }
}
