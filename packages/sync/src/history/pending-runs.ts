import { NibbleWriter } from "./nibbles.ts";
import { QUARTER_MS } from "./rollup.ts";
import { RunStates } from "./sample-run.ts";

/** Runs of all points since the last time they were taken, ready to be written. */
export interface TakenRuns {
  readonly baseMs: number;
  /** Of the samples in them. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly sampleCount: number;
  /** The quarters of an hour in which they lie. */
  readonly quartersMs: readonly number[];
  /** One after the other, by slot. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** One point's run, and what its times are counted from. */
export interface PendingRun {
  readonly baseMs: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of what a device remembered, no more than a month's quarters of an hour are rolled up anew. */
const QUARTERS_MAX = 3000;

/** Runs are chains of pieces, so that each takes about as much as it needs. */
const PIECE_BYTES = 32;
const PIECE_NIBBLES = 2 * PIECE_BYTES;
const PIECES_PER_PAGE = 1024;
const NONE = 0xffff_ffff;

/** Pieces, and what comes after each. */
interface PiecePage {
  readonly bytes: Uint8Array;
  readonly next: Uint32Array;
}

/**
 * Samples of the last minutes, packed as they come: a few bytes each, in pieces of pages that are
 * used again and again.
 */
export class PendingRuns {
  readonly bytesMax: number;
  readonly #states: RunStates;
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;
  /** In half bytes. */
  readonly #lengths: Uint32Array;
  readonly #pages: PiecePage[] = [];
  readonly #scratch = new NibbleWriter();
  #pieceCount = 0;
  #baseMs = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;
  #sampleCount = 0;
  readonly #quartersMs = new Set<number>();
  #quarterMs = Number.NaN;

  constructor(pointCount: number, bytesMax: number) {
    this.bytesMax = bytesMax;
    this.#states = new RunStates(pointCount);
    this.#firsts = new Uint32Array(pointCount).fill(NONE);
    this.#lasts = new Uint32Array(pointCount).fill(NONE);
    this.#lengths = new Uint32Array(pointCount);
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Whether they have to be taken now. */
  get isFull(): boolean {
    return this.#pieceCount * PIECE_BYTES >= this.bytesMax;
  }

  add(slot: number, timestampMs: number, [value, quality]: readonly [number, number]): void {
    const timeMs = Math.round(timestampMs);
    const scratch = this.#scratch;
    scratch.at = 0;
    if (this.#sampleCount++ === 0) this.#baseMs = timeMs - (timeMs % 1000);
    if (this.#lasts[slot] === NONE) this.#states.begin(slot, this.#baseMs, scratch);
    this.#states.write(slot, [timeMs, value, quality], scratch);
    if (timeMs < this.#fromMs) this.#fromMs = timeMs;
    if (timeMs > this.#toMs) this.#toMs = timeMs;
    if (!(timeMs >= this.#quarterMs && timeMs < this.#quarterMs + QUARTER_MS)) this.#note(timeMs);
    this.#append(slot, scratch);
  }

  /** All of them; what comes now begins new runs. */
  take(): TakenRuns {
    const lengths = this.#lengths.map((nibbles) => (nibbles + 1) >> 1);
    let total = 0;
    for (const length of lengths) total += length;
    const bytes = new Uint8Array(total);
    let at = 0;
    for (let slot = 0; slot < lengths.length; slot++) at = this.#copy(slot, bytes, at);
    const taken = {
      baseMs: this.#baseMs,
      fromMs: this.#fromMs,
      toMs: this.#toMs,
      sampleCount: this.#sampleCount,
      quartersMs: [...this.#quartersMs],
      bytes,
      lengths,
    };
    this.#firsts.fill(NONE);
    this.#lasts.fill(NONE);
    this.#lengths.fill(0);
    [this.#pieceCount, this.#sampleCount] = [0, 0];
    [this.#fromMs, this.#toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.#quartersMs.clear();
    this.#quarterMs = Number.NaN;
    return taken;
  }

  /** A copy of one point's run, and when it begins to count. */
  runOf(slot: number): PendingRun {
    const bytes = new Uint8Array(((this.#lengths[slot] ?? 0) + 1) >> 1);
    this.#copy(slot, bytes, 0);
    return { baseMs: this.#baseMs, bytes };
  }

  #note(timeMs: number): void {
    this.#quarterMs = timeMs - (timeMs % QUARTER_MS);
    if (this.#quartersMs.size < QUARTERS_MAX) this.#quartersMs.add(this.#quarterMs);
  }

  #append(slot: number, { nibbles, at: count }: NibbleWriter): void {
    let piece = this.#lasts[slot] as number;
    let fill = this.#lengths[slot] as number;
    let page = piece === NONE ? null : this.#pageOf(piece);
    for (let at = 0; at < count; at++) {
      const within = fill % PIECE_NIBBLES;
      if (within === 0 || page === null) {
        piece = this.#open(slot, piece);
        page = this.#pageOf(piece);
      }
      const byte = (piece % PIECES_PER_PAGE) * PIECE_BYTES + (within >> 1);
      const nibble = nibbles[at] as number;
      // A lone half byte is filled up by what is never read.
      if (within % 2 === 0) page.bytes[byte] = nibble;
      else page.bytes[byte] = (page.bytes[byte] as number) | (nibble << 4);
      fill++;
    }
    this.#lengths[slot] = fill;
  }

  #copy(slot: number, target: Uint8Array, from: number): number {
    const end = from + (((this.#lengths[slot] as number) + 1) >> 1);
    let at = from;
    for (let piece = this.#firsts[slot] as number; piece !== NONE; ) {
      const { bytes, next } = this.#pageOf(piece);
      const index = piece % PIECES_PER_PAGE;
      const start = index * PIECE_BYTES;
      const count = Math.min(PIECE_BYTES, end - at);
      for (let byte = 0; byte < count; byte++) target[at + byte] = bytes[start + byte] as number;
      at += count;
      piece = next[index] as number;
    }
    return end;
  }

  /** A piece behind the last of a slot. */
  #open(slot: number, last: number): number {
    const piece = this.#pieceCount++;
    if (piece === this.#pages.length * PIECES_PER_PAGE) {
      this.#pages.push({
        bytes: new Uint8Array(PIECES_PER_PAGE * PIECE_BYTES),
        next: new Uint32Array(PIECES_PER_PAGE),
      });
    }
    this.#pageOf(piece).next[piece % PIECES_PER_PAGE] = NONE;
    if (last === NONE) this.#firsts[slot] = piece;
    else this.#pageOf(last).next[last % PIECES_PER_PAGE] = piece;
    this.#lasts[slot] = piece;
    return piece;
  }

  #pageOf(piece: number): PiecePage {
    return this.#pages[Math.floor(piece / PIECES_PER_PAGE)] as PiecePage;
  }
}

/** Where the run of a slot lies among those taken. */
export function runsOf({ bytes, lengths }: TakenRuns): (slot: number) => Uint8Array {
  const starts = new Uint32Array(lengths.length);
  for (let slot = 1; slot < lengths.length; slot++) {
    starts[slot] = (starts[slot - 1] as number) + (lengths[slot - 1] as number);
  }
  return (slot) => {
    const start = starts[slot] ?? 0;
    return bytes.subarray(start, start + (lengths[slot] ?? 0));
  };
}
