import type { Sample, Seq } from "@headgate/model";
import { BlockBuilder } from "./block-builder.ts";
import type { DecodedBlock } from "./decode.ts";
import { deflated } from "./deflate.ts";
import {
  INFLATED_BYTES_MAX,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  THINNED_BLOCKS_MAX,
  ValueType,
} from "./format.ts";
import { hashOf } from "./hash.ts";
import { type BlockBeingThinned, type KeptSample, keptAt } from "./kept-sample.ts";
import { type Minute, Minutes } from "./minute.ts";
import { FIGURES, packThinned } from "./thinned-body.ts";

/** A data block to be thinned. */
export interface BlockToThin {
  readonly seq: Seq;
  readonly columns: DecodedBlock;
  /** To be added to its samples' times; 0 if it is left out. */
  readonly shiftMs?: number;
}

/** What a thinned entry says of the blocks it stands for. */
export interface ThinnedContent {
  readonly first: Seq;
  readonly last: Seq;
  /** Samples that are gone. */
  readonly sampleCount: number;
  readonly keptCount: number;
  /** Of the oldest and the newest sample there was; 0 and 0 where there was none. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly body: Uint8Array;
  readonly hash: string;
}

/** Enough for one entry, if it spans at least this much; the larger, the less it must span. */
const ENOUGH = [
  { bytes: 32 * 1024, spanMs: 120_000 },
  // So that a message stays small; but less than a minute of very many points would save nothing.
  { bytes: 80 * 1024, spanMs: 60_000 },
  { bytes: 512 * 1024, spanMs: 0 },
];
/** What each costs after deflate, about. */
const KEPT_BYTES = 6;
const BLOCK_BYTES = 2;

/** Data blocks thinned into one entry: of one stream, epoch and point list, numbered in a row. */
export function thinBlocks(blocks: Iterable<BlockToThin>): ThinnedContent | null {
  const thinner = new Thinner();
  for (const block of blocks) thinner.add(block);
  return thinner.seal();
}

/**
 * Thins data blocks of one stream, epoch and point list, numbered in a row, one after the other.
 * Numbers become minutes; the last counter of each minute, each change of anything else, and the
 * only number of a minute are kept exactly; all others are counted.
 */
export class Thinner {
  readonly #points = new Map<number, PointState>();
  readonly #counts: number[] = [];
  readonly #kept: KeptSample[] = [];
  #first: Seq = 0;
  #keptBytes = 0;
  #minuteBytes = 0;
  #minuteCount = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  get blockCount(): number {
    return this.#counts.length;
  }

  /** The body, deflated, as far as that can be told before; rather more than less. */
  get estimatedBytes(): number {
    return 100 + this.#keptBytes + this.#minuteBytes + BLOCK_BYTES * this.#counts.length;
  }

  /** Time to seal: an entry that spans less than minutes would save nothing. */
  get isFull(): boolean {
    const estimatedBytes = this.estimatedBytes;
    const spanMs = this.#toMs - this.#fromMs;
    return (
      ENOUGH.some((enough) => estimatedBytes >= enough.bytes && spanMs >= enough.spanMs) ||
      this.#counts.length >= THINNED_BLOCKS_MAX ||
      this.#kept.length + this.#minuteCount >= SAMPLES_PER_BLOCK_MAX
    );
  }

  /** Takes the next block. Not beyond `isFull`. */
  add({ seq, columns, shiftMs = 0 }: BlockToThin): void {
    if (this.#counts.length === 0) this.#first = seq;
    const offset = seq - this.#first;
    if (offset !== this.#counts.length) throw new RangeError(`thin block ${seq}: not the next one`);
    this.#counts.push(columns.sampleCount);
    const block = { offset, columns, shiftMs };
    const { columnPoints, columnStarts } = columns;
    for (let column = 0; column < columnPoints.length; column++) {
      const point = columnPoints[column] as number;
      const state = this.#points.get(point) ?? new PointState(point);
      this.#points.set(point, state);
      this.#takeColumn(state, block, [columnStarts[column], columnStarts[column + 1]]);
    }
  }

  #takeColumn(state: PointState, block: BlockBeingThinned, [from = 0, to = 0]: Span): void {
    const { timestampsMs, types, numbers, qualities } = block.columns;
    const { minutes, pointIndex } = state;
    const minutesBefore = minutes.size;
    const counted: Minute[] = [];
    for (let index = from; index < to; index++) {
      const atMs = (timestampsMs[index] as number) + block.shiftMs;
      if (atMs < this.#fromMs) this.#fromMs = atMs;
      if (atMs > this.#toMs) this.#toMs = atMs;
      const type = types[index];
      const number = numbers[index] as number;
      if (type === ValueType.number && Number.isFinite(number)) {
        const minute = minutes.at(atMs);
        if (minute.count === 0) minute.first = keptAt(block, pointIndex, index);
        minute.add(number, qualities[index] === QualityCode.uncertain);
        if (minute.count <= 2) this.#minuteBytes += bytesOfFigures(number, minute.count);
        state.latest = null;
      } else if (type === ValueType.bigint) {
        const minute = minutes.at(atMs);
        if (minute.counterIndex < 0) counted.push(minute);
        if (minute.counter === null && minute.counterIndex < 0) this.#minuteBytes += KEPT_BYTES;
        minute.counterIndex = index;
        state.latest = null;
      } else if (state.isChange(block.columns, index)) {
        this.#keep(keptAt(block, pointIndex, index));
      }
    }
    for (const minute of counted) {
      minute.counter = keptAt(block, pointIndex, minute.counterIndex);
      minute.counterIndex = -1;
    }
    this.#minuteCount += minutes.size - minutesBefore;
  }

  #keep(kept: KeptSample): void {
    this.#kept.push(kept);
    const { value } = kept.sample;
    this.#keptBytes += KEPT_BYTES + (typeof value === "string" ? value.length : 0);
  }

  /** The entry; null without blocks, and where readers would refuse its size. */
  seal(): ThinnedContent | null {
    if (this.#counts.length === 0) return null;
    const points = [...this.#points.values()].sort((a, b) => a.pointIndex - b.pointIndex);
    const kept = this.#allKept(points);
    const packed = packThinned({
      counts: this.#counts,
      kept: packKept(kept),
      keptOffsets: kept.map(({ offset }) => offset),
      keptIndexes: kept.map(({ index }) => index),
      figures: packFigures(points),
    });
    if (packed.length > INFLATED_BYTES_MAX) return null;
    const body = deflated(packed);
    const range = { first: this.#first, last: this.#first + this.#counts.length - 1 };
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    const counts = { sampleCount: all - kept.length, keptCount: kept.length };
    const times = all === 0 ? { fromMs: 0, toMs: 0 } : { fromMs: this.#fromMs, toMs: this.#toMs };
    return { ...range, ...counts, ...times, body, hash: hashOf(body) };
  }

  /** Point by point, within a point as they were taken. */
  #allKept(points: readonly PointState[]): KeptSample[] {
    const kept = [...this.#kept];
    for (const { minutes } of points) {
      for (const { count, first, counter } of minutes.sorted()) {
        if (count === 1 && first) kept.push(first);
        if (counter) kept.push(counter);
      }
    }
    return kept.sort(
      (a, b) => a.pointIndex - b.pointIndex || a.offset - b.offset || a.index - b.index,
    );
  }
}

type Span = readonly [number | undefined, number | undefined];

/** What is remembered of one point. */
class PointState {
  readonly pointIndex: number;
  readonly minutes = new Minutes();
  /** The latest sample, if it was neither number nor counter: what a change is measured by. */
  latest: { type: number; quality: number; value: unknown } | null = null;

  constructor(pointIndex: number) {
    this.pointIndex = pointIndex;
  }

  /** Whether a sample says something else than the one before it; notes it. */
  isChange({ types, qualities, numbers, others }: DecodedBlock, index: number): boolean {
    const type = types[index] as number;
    const quality = qualities[index] as number;
    const value = others.get(index) ?? numbers[index];
    const { latest } = this;
    if (latest?.type === type && latest.quality === quality && Object.is(latest.value, value)) {
      return false;
    }
    this.latest = { type, quality, value };
    return true;
  }
}

/** About what a number kept alone costs, and what it costs more to have figures instead. */
function bytesOfFigures(value: number, count: number): number {
  const scaled = value * 1000;
  if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return count === 1 ? 4 : 8;
  if (Math.fround(value) === value) return count === 1 ? 6 : 14;
  return count === 1 ? 10 : 24;
}

function packKept(kept: readonly KeptSample[]): Uint8Array {
  const builder = new BlockBuilder();
  for (const { sample, pointIndex } of kept) builder.add(sample, pointIndex);
  return builder.seal().packed;
}

function packFigures(points: readonly PointState[]): Uint8Array {
  const builder = new BlockBuilder();
  for (const { pointIndex, minutes } of points) {
    const figured = minutes.sorted().filter(({ count }) => count > 1);
    for (const [k, figure] of FIGURES.entries()) {
      for (const minute of figured) {
        const quality = minute.isUncertain ? "uncertain" : "good";
        const value = minute[figure];
        const sample: Sample = { pointId: "", timestampMs: minute.startMs, quality, value };
        builder.add(sample, FIGURES.length * pointIndex + k);
      }
    }
  }
  return builder.seal().packed;
}
