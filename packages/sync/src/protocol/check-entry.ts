import type { BlockClock, Gap, Thinned } from "@headgate/model";
import { THINNED_BLOCKS_MAX } from "../block/format.ts";
import { BadFrame } from "./bad-frame.ts";
import type { ReceivedBlock, ReceivedEntry } from "./received-entry.ts";

const HASH = /^[0-9a-f]{16}$/;

/** The entry itself, once its numbers and hashes are such as a gateway gives. */
export function checkEntry<T extends ReceivedEntry>(entry: T): T {
  const isCountable = isNumber(entry.sampleCount, 0);
  const isTimed = Number.isSafeInteger(entry.fromMs) && Number.isSafeInteger(entry.toMs);
  if (!isCountable || !isTimed) throw new BadFrame("entry has no sound count or time span");
  if (entry.kind === "gap") {
    checkRange(entry);
    return entry;
  }
  if (entry.kind === "thinned") checkThinned(entry);
  else checkBlock(entry);
  if (!HASH.test(entry.hash)) throw new BadFrame(`${entry.kind} entry has no sound hash`);
  if (entry.schemaHash !== "" && !HASH.test(entry.schemaHash)) {
    throw new BadFrame(`${entry.kind} entry has no sound point list hash`);
  }
  return entry;
}

function checkBlock({ seq, clock }: ReceivedBlock): void {
  if (!isNumber(seq, 1)) throw new BadFrame("block has no sound number");
  checkClock(clock);
}

function checkClock(clock: BlockClock | undefined): void {
  if (clock === undefined) return;
  const isCounted = isNumber(clock.monotonicMs, 0) && isNumber(clock.step, 0);
  if (!isCounted || !HASH.test(clock.bootId)) throw new BadFrame("entry has no sound clock");
}

function checkThinned(entry: Thinned): void {
  checkRange(entry);
  if (entry.last - entry.first >= THINNED_BLOCKS_MAX || !isNumber(entry.keptCount, 0)) {
    throw new BadFrame("thinned entry has no sound counts");
  }
  checkClock(entry.clock);
}

function checkRange({ kind, first, last }: Gap | Thinned): void {
  if (isNumber(first, 1) && isNumber(last, first)) return;
  throw new BadFrame(`${kind} entry has no sound range`);
}

function isNumber(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
