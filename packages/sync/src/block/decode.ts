import type { Observed, Sample } from "@headgate/model";
import { ByteReader } from "./byte-reader.ts";
import { decodeTexts, decodeValues } from "./decode-values.ts";
import { inflated } from "./deflate.ts";
import {
  FORMAT_VERSION,
  MalformedBlock,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  TIMESTAMP_MS_MAX,
  ValueType,
} from "./format.ts";

/** A decoded data block as flat arrays, one place per sample: the sample's `index`. */
export interface DecodedBlock {
  readonly sampleCount: number;
  /** Point index of each column, ascending. */
  readonly columnPoints: Uint32Array;
  /** Where each column begins; one more than there are columns. */
  readonly columnStarts: Uint32Array;
  readonly timestampsMs: Float64Array;
  /** `ValueType` of each sample; `none` exactly where it is bad. */
  readonly types: Uint8Array;
  /** `QualityCode` of each sample. */
  readonly qualities: Uint8Array;
  /** Values of type number, and 0 or 1 for booleans. */
  readonly numbers: Float64Array;
  /** Bigints, texts and the reasons of bad samples, by sample index. */
  readonly others: ReadonlyMap<number, bigint | string>;
}

/** Unpacks a body into columns. Throws `MalformedBlock`, and nothing else, on foreign bytes. */
export function decodeColumns(body: Uint8Array): DecodedBlock {
  return decodePacked(inflated(body), SAMPLES_PER_BLOCK_MAX);
}

/** The same for a packed block that is inflated already, of at most `samplesMax` samples. */
export function decodePacked(packed: Uint8Array, samplesMax: number): DecodedBlock {
  const reader = new ByteReader(packed);
  const version = reader.byte();
  if (version !== FORMAT_VERSION) {
    throw new MalformedBlock(`decode block: version ${version} is not known here`);
  }
  const sampleCount = reader.varint();
  const columnCount = reader.varint();
  if (sampleCount > samplesMax || columnCount > sampleCount) {
    throw new MalformedBlock(`decode block: ${sampleCount} samples in ${columnCount} columns`);
  }
  const columnPoints = decodePoints(reader.section(), columnCount);
  const columnStarts = new Uint32Array(columnCount + 1);
  const shapes = reader.section();
  const kinds = reader.section();
  const timestampsMs = new Float64Array(sampleCount);
  decodeTimes({ shapes, times: reader.section(), columnStarts, timestampsMs });
  const values = [1, 2, 3, 4, 5].map(() => reader.section());
  const texts = decodeTexts(reader.section());
  const others = new Map<number, bigint | string>();
  const types = new Uint8Array(sampleCount);
  const qualities = new Uint8Array(sampleCount);
  decodeExceptions(reader.section(), texts, { types, qualities, others });
  reader.expectEnd();
  const numbers = new Float64Array(sampleCount);
  const columns = { columnPoints, columnStarts, kinds: kinds.bytes };
  decodeValues({ ...columns, values, texts, types, numbers, others });
  return { sampleCount, ...columns, timestampsMs, types, qualities, numbers, others };
}

/** The value of sample `index`; null where it is bad. */
export function valueAt(block: DecodedBlock, index: number): Sample["value"] {
  const type = block.types[index];
  if (type === ValueType.number) return block.numbers[index] as number;
  if (type === ValueType.boolean) return block.numbers[index] === 1;
  if (type === ValueType.none) return null;
  return block.others.get(index) ?? null;
}

/** Unpacks a body into samples, in the order of their index. */
export function decodeSamples(body: Uint8Array, pointIds: readonly string[]): Sample[] {
  return samplesOfColumns(decodeColumns(body), pointIds);
}

/** The samples of a decoded block, in the order of their index. */
export function samplesOfColumns(block: DecodedBlock, pointIds: readonly string[]): Sample[] {
  const samples: Sample[] = new Array(block.sampleCount);
  for (let column = 0; column < block.columnPoints.length; column++) {
    const pointId = pointIds[block.columnPoints[column] as number];
    if (pointId === undefined) {
      throw new MalformedBlock(`decode block: the list of ${pointIds.length} points is too short`);
    }
    const end = block.columnStarts[column + 1] as number;
    for (let index = block.columnStarts[column] as number; index < end; index++) {
      samples[index] = sampleAt(block, index, pointId);
    }
  }
  return samples;
}

function sampleAt(block: DecodedBlock, index: number, pointId: string): Sample {
  const timestampMs = block.timestampsMs[index] as number;
  const value = valueAt(block, index);
  if (value === null) {
    const reason = String(block.others.get(index));
    return { pointId, timestampMs, quality: "bad", value, reason };
  }
  const isGood = block.qualities[index] === QualityCode.good;
  const quality: Observed["quality"] = isGood ? "good" : "uncertain";
  return { pointId, timestampMs, quality, value };
}

function decodePoints(section: ByteReader, columnCount: number): Uint32Array {
  if (columnCount > section.end) throw new MalformedBlock("decode block: points are missing");
  const points = new Uint32Array(columnCount);
  let point = -1;
  for (let column = 0; column < columnCount; column++) {
    point += section.varint() + 1;
    if (point > 0xffff_ffff) throw new MalformedBlock("decode block: a point index is too large");
    points[column] = point;
  }
  section.expectEnd();
  return points;
}

interface TimesToDecode {
  readonly shapes: ByteReader;
  readonly times: ByteReader;
  readonly columnStarts: Uint32Array;
  readonly timestampsMs: Float64Array;
}

function decodeTimes({ shapes, times, columnStarts, timestampsMs }: TimesToDecode): void {
  let start = 0;
  let length = 0;
  const columnCount = columnStarts.length - 1;
  for (let column = 0; column < columnCount; column++) {
    const previousStart = start;
    start += length;
    columnStarts[column] = start;
    const shape = shapes.varint();
    if (shape === 0) {
      if (start + length > timestampsMs.length) break;
      timestampsMs.copyWithin(start, previousStart, previousStart + length);
      continue;
    }
    length = shape;
    if (start + length > timestampsMs.length) break;
    const base = start === 0 ? 0 : (timestampsMs[previousStart] as number);
    decodeColumnTimes(times, timestampsMs.subarray(start, start + length), base);
  }
  columnStarts[columnCount] = start + length;
  if (start + length !== timestampsMs.length || (columnCount > 0 && columnStarts[1] === 0)) {
    throw new MalformedBlock("decode block: columns and samples do not add up");
  }
  shapes.expectEnd();
  times.expectEnd();
}

function decodeColumnTimes(times: ByteReader, into: Float64Array, base: number): void {
  let previous = base;
  let delta = 0;
  for (let index = 0; index < into.length; index++) {
    delta += times.zigzag();
    previous += delta;
    if (index === 0) delta = 0;
    if (Math.abs(previous) > TIMESTAMP_MS_MAX) {
      throw new MalformedBlock("decode block: a timestamp is out of range");
    }
    into[index] = previous;
  }
}

interface Exceptional {
  readonly types: Uint8Array;
  readonly qualities: Uint8Array;
  readonly others: Map<number, bigint | string>;
}

function decodeExceptions(section: ByteReader, texts: readonly string[], into: Exceptional): void {
  let index = 0;
  let previous = -1;
  while (section.at < section.end) {
    index += section.varint();
    if (index >= into.types.length || index === previous) {
      throw new MalformedBlock("decode block: an exception is no sample of this block");
    }
    previous = index;
    const code = section.varint();
    if (code === 0) {
      into.qualities[index] = QualityCode.uncertain;
      continue;
    }
    const reason = texts[code - 1];
    if (reason === undefined) throw new MalformedBlock("decode block: a reason is missing");
    into.qualities[index] = QualityCode.bad;
    into.types[index] = ValueType.none;
    into.others.set(index, reason);
  }
}
