import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type DecodedBlock, decodePacked } from "./decode.ts";
import { inflated } from "./deflate.ts";
import {
  MalformedBlock,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  THINNED_BLOCKS_MAX,
  THINNED_SAMPLES_MAX,
  ValueType,
} from "./format.ts";

/** First byte of an inflated thinned body. */
const THINNED_VERSION = 1;

/** What is told of a minute, each in a column of its own: point index times five, plus k. */
export const FIGURES = ["min", "max", "mean", "last", "count"] as const;

/** A body before deflate, in parts. */
export interface ThinnedParts {
  /** How many samples each block had, in the order of their numbers. */
  readonly counts: readonly number[];
  /** A packed data block of the samples kept exactly. */
  readonly kept: Uint8Array;
  /** Of each kept sample in turn: its block's number minus the first. */
  readonly keptOffsets: readonly number[];
  /** Of each kept sample in turn: its index in that block. */
  readonly keptIndexes: readonly number[];
  /** A packed data block of the figures of each minute. */
  readonly figures: Uint8Array;
}

/** One minute of one point. */
export interface MinuteFigures {
  readonly pointIndex: number;
  /** Start of the minute, UTC. */
  readonly minuteMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  /** Samples that the figures tell of. */
  readonly count: number;
  /** At least one of them was uncertain. */
  readonly isUncertain: boolean;
}

/** A thinned body, read. */
export interface DecodedThinned {
  readonly counts: readonly number[];
  readonly kept: DecodedBlock;
  readonly keptOffsets: Uint32Array;
  readonly keptIndexes: Uint32Array;
  readonly minutes: readonly MinuteFigures[];
}

/** The body before deflate. */
export function packThinned(parts: ThinnedParts): Uint8Array {
  const { counts, kept, keptOffsets, keptIndexes, figures } = parts;
  const body = new ByteWriter(kept.length + figures.length + 8 * counts.length + 64);
  body.varint(THINNED_VERSION);
  appendSection(body, varintsOf(counts));
  appendSection(body, kept);
  appendSection(body, varintsOf(keptOffsets));
  appendSection(body, varintsOf(keptIndexes));
  appendSection(body, figures);
  return body.view();
}

/**
 * Reads a thinned body that stands for `blockCount` numbers. Throws `MalformedBlock`, and nothing
 * else, on foreign bytes; each kept sample is one of those counted, and comes once.
 */
export function decodeThinned(body: Uint8Array, blockCount: number): DecodedThinned {
  const reader = new ByteReader(inflated(body));
  const version = reader.varint();
  if (version !== THINNED_VERSION) {
    throw new MalformedBlock(`decode thinned: version ${version} is not known here`);
  }
  if (blockCount > THINNED_BLOCKS_MAX) throw new MalformedBlock("decode thinned: too many blocks");
  const counts = [...readVarints(reader.section(), blockCount)];
  if (counts.some((count) => count > SAMPLES_PER_BLOCK_MAX)) {
    throw new MalformedBlock("decode thinned: a block had more samples than one may have");
  }
  const kept = decodePacked(reader.section().bytes, THINNED_SAMPLES_MAX);
  const keptOffsets = readVarints(reader.section(), kept.sampleCount);
  const keptIndexes = readVarints(reader.section(), kept.sampleCount);
  checkPlaces(counts, keptOffsets, keptIndexes);
  const minutes = minutesOf(decodePacked(reader.section().bytes, THINNED_SAMPLES_MAX));
  reader.expectEnd();
  return { counts, kept, keptOffsets, keptIndexes, minutes };
}

function varintsOf(values: readonly number[]): Uint8Array {
  const writer = new ByteWriter(8 * values.length);
  for (const value of values) writer.varint(value);
  return writer.view();
}

function appendSection(to: ByteWriter, bytes: Uint8Array): void {
  to.reserve(8);
  to.varint(bytes.length);
  to.append(bytes);
}

function readVarints(section: ByteReader, count: number): Uint32Array {
  if (count > section.end) throw new MalformedBlock("decode thinned: the body is cut short");
  const values = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    const value = section.varint();
    if (value > 0xffff_ffff) throw new MalformedBlock("decode thinned: an integer is too large");
    values[at] = value;
  }
  section.expectEnd();
  return values;
}

function checkPlaces(counts: readonly number[], offsets: Uint32Array, indexes: Uint32Array): void {
  const seen = new Set<number>();
  for (let at = 0; at < offsets.length; at++) {
    const offset = offsets[at] as number;
    const index = indexes[at] as number;
    if (index >= (counts[offset] ?? 0)) {
      throw new MalformedBlock("decode thinned: a kept sample is none of those counted");
    }
    seen.add(offset * SAMPLES_PER_BLOCK_MAX + index);
  }
  if (seen.size !== offsets.length) {
    throw new MalformedBlock("decode thinned: a kept sample comes twice");
  }
}

function minutesOf(block: DecodedBlock): MinuteFigures[] {
  const { columnPoints, columnStarts } = block;
  if (columnPoints.length % FIGURES.length !== 0 || !isAllNumbers(block)) throw oddFigures();
  const minutes: MinuteFigures[] = [];
  for (let column = 0; column < columnPoints.length; column += FIGURES.length) {
    const pointIndex = (columnPoints[column] as number) / FIGURES.length;
    const starts = columnStarts.subarray(column, column + FIGURES.length + 1);
    if (!Number.isInteger(pointIndex)) throw oddFigures();
    for (let k = 1; k < FIGURES.length; k++) {
      if (columnPoints[column + k] !== pointIndex * FIGURES.length + k) throw oddFigures();
    }
    let beforeMs = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < (starts[1] as number) - (starts[0] as number); at++) {
      const minute = minuteAt(block, { pointIndex, starts, at });
      if (minute.minuteMs <= beforeMs) throw oddFigures();
      beforeMs = minute.minuteMs;
      minutes.push(minute);
    }
    if ((starts.at(-1) as number) - (starts[0] as number) !== spanOf(starts)) throw oddFigures();
  }
  return minutes;
}

/** Five columns of equal length. */
function spanOf(starts: Uint32Array): number {
  return FIGURES.length * ((starts[1] as number) - (starts[0] as number));
}

function minuteAt(
  { timestampsMs, numbers, qualities }: DecodedBlock,
  { pointIndex, starts, at }: { pointIndex: number; starts: Uint32Array; at: number },
): MinuteFigures {
  const place = (starts[0] as number) + at;
  const minuteMs = timestampsMs[place] as number;
  const [min, max, mean, last, count] = FIGURES.map((_, k) => {
    const own = (starts[k] as number) + at;
    if (timestampsMs[own] !== minuteMs) throw oddFigures();
    return numbers[own] as number;
  }) as [number, number, number, number, number];
  if (!Number.isSafeInteger(count) || count < 1) throw oddFigures();
  const isUncertain = qualities[place] === QualityCode.uncertain;
  return { pointIndex, minuteMs, min, max, mean, last, count, isUncertain };
}

function isAllNumbers({ types, numbers }: DecodedBlock): boolean {
  return types.every((type, at) => type === ValueType.number && Number.isFinite(numbers[at]));
}

function oddFigures(): MalformedBlock {
  return new MalformedBlock("decode thinned: the figures are none of minutes");
}
