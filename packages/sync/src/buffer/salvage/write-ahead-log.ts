import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/** Where the newest committed copy of a page stands in the log, by page number. */
export interface CommittedFrames {
  readonly offsets: ReadonlyMap<number, number>;
  /** Pages of the database after the last commit; 0 without one. */
  readonly pageCount: number;
  /** Frames whose bytes are not those written. */
  readonly damagedCount: number;
}

interface Frame {
  readonly page: number;
  readonly offset: number;
}

type Sums = readonly [number, number];

/**
 * Frames that SQLite committed, each proved by its checksum. A checksum goes on from the one before
 * it, which stands in the frame before: so frames beyond a damaged one are proved as well.
 */
export function committedFrames(path: string, pageBytes: number): CommittedFrames {
  const offsets = new Map<number, number>();
  if (!existsSync(path)) return { offsets, pageCount: 0, damagedCount: 0 };
  const file = openSync(path, "r");
  try {
    return readFrames(file, pageBytes, offsets);
  } finally {
    closeSync(file);
  }
}

function readFrames(file: number, pageBytes: number, offsets: Map<number, number>) {
  const header = Buffer.alloc(HEADER_BYTES);
  const isWhole = readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES;
  const magic = header.readUInt32BE(0);
  if (!isWhole || (magic & ~1) >>> 0 !== MAGIC || header.readUInt32BE(8) !== pageBytes) {
    return { offsets, pageCount: 0, damagedCount: 0 };
  }
  const isBigEndian = (magic & 1) === 1;
  const salts = header.readBigUInt64BE(16);
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frameCount = Math.floor((fstatSync(file).size - HEADER_BYTES) / frameBytes);
  const frame = Buffer.alloc(frameBytes);
  let before: Sums = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let waiting: Frame[] = [];
  let pageCount = 0;
  let damagedCount = 0;
  for (let index = 0; index < frameCount; index++) {
    const offset = HEADER_BYTES + index * frameBytes;
    readSync(file, frame, 0, frameBytes, offset);
    // What an earlier turn of the log left behind.
    if (frame.readBigUInt64BE(8) !== salts) break;
    const told: Sums = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    const head = checksum(frame.subarray(0, 8), before, isBigEndian);
    const found = checksum(frame.subarray(FRAME_HEADER_BYTES), head, isBigEndian);
    before = told;
    if (found[0] !== told[0] || found[1] !== told[1]) {
      damagedCount++;
      continue;
    }
    waiting.push({ page: frame.readUInt32BE(0), offset: offset + FRAME_HEADER_BYTES });
    const pagesAfter = frame.readUInt32BE(4);
    if (pagesAfter === 0) continue;
    pageCount = pagesAfter;
    for (const { page, offset: at } of waiting) offsets.set(page, at);
    waiting = [];
  }
  return { offsets, pageCount, damagedCount };
}

function checksum(bytes: Buffer, [first, second]: Sums, isBigEndian: boolean): Sums {
  let a = first;
  let b = second;
  for (let at = 0; at < bytes.length; at += 8) {
    const one = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const other = isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    a = (a + one + b) >>> 0;
    b = (b + other + a) >>> 0;
  }
  return [a, b];
}
