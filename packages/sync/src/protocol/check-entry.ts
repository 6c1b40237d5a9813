import { BadFrame } from "./bad-frame.ts";
import type { ReceivedEntry } from "./received-entry.ts";

const HASH = /^[0-9a-f]{16}$/;

/** The entry itself, once its numbers and hashes are such as a gateway gives. */
export function checkEntry<T extends ReceivedEntry>(entry: T): T {
  const isCountable = isNumber(entry.sampleCount, 0);
  const isTimed = Number.isSafeInteger(entry.fromMs) && Number.isSafeInteger(entry.toMs);
  if (!isCountable || !isTimed) throw new BadFrame("entry has no sound count or time span");
  if (entry.kind === "gap") {
    if (!isNumber(entry.first, 1) || !isNumber(entry.last, entry.first)) {
      throw new BadFrame("gap has no sound range");
    }
    return entry;
  }
  if (!isNumber(entry.seq, 1)) throw new BadFrame("block has no sound number");
  if (!HASH.test(entry.hash)) throw new BadFrame("block has no sound hash");
  if (entry.schemaHash !== "" && !HASH.test(entry.schemaHash)) {
    throw new BadFrame("block has no sound point list hash");
  }
  return entry;
}

function isNumber(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
