import type { Sample } from "@headgate/model";
import { boundedTimestamp } from "./bounded-timestamp.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  ColumnKind,
  FORMAT_VERSION,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  SCALED_MAX,
  TEXT_CHARACTERS_MAX,
  TEXTS_PER_BLOCK_MAX,
  ValueType,
} from "./format.ts";
import { PointOrder } from "./point-order.ts";
import { ValueSections } from "./sections.ts";

/** A finished block before deflate. */
export interface PackedBlock {
  readonly packed: Uint8Array;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One sample's worth of column overhead (point, shape, kind, time) and number, at most. */
const COLUMN_BYTES_MAX = 24;

const KINDS_KEPT_SEALS = 256;

/** Takes samples one by one and packs them into a block, point by point. Reusable after `seal`. */
export class BlockBuilder {
  #points = new Uint32Array(1024);
  #timestamps = new Float64Array(1024);
  #numbers = new Float64Array(1024);
  /** `ValueType`, and whether the quality is uncertain in bit 4. */
  #types = new Uint8Array(1024);
  /** Bigints, texts and the reasons of bad samples. */
  #others: (bigint | string | undefined)[] = [];
  #count = 0;
  #textBytes = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  readonly #order = new PointOrder();
  readonly #values = new ValueSections();
  readonly #pointDeltas = new ByteWriter();
  readonly #shapes = new ByteWriter();
  readonly #kinds = new ByteWriter();
  readonly #times = new ByteWriter();
  readonly #exceptions = new ByteWriter();
  #dense = new Float64Array(64);
  #exceptionAt = 0;
  /** The kind of each point's last numbers; forgotten now and then, as values get coarser. */
  #lastKinds = new Uint8Array(1024);
  #sealCount = 0;

  get sampleCount(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= SAMPLES_PER_BLOCK_MAX || this.#textBytes >= TEXTS_PER_BLOCK_MAX;
  }

  /** What the deflated block may come to, given bytes per sample of recent ones. */
  estimateBytes(bytesPerSample: number): number {
    return this.#count * bytesPerSample + this.#textBytes;
  }

  /** Takes one sample; `pointIndex` is its place in the point list. Not beyond `isFull`. */
  add(sample: Sample, pointIndex: number): void {
    const at = this.#count;
    if (at === this.#points.length) this.#grow();
    const timestampMs = boundedTimestamp(sample.timestampMs);
    if (timestampMs < this.#fromMs) this.#fromMs = timestampMs;
    if (timestampMs > this.#toMs) this.#toMs = timestampMs;
    this.#points[at] = pointIndex;
    this.#timestamps[at] = timestampMs;
    const { value } = sample;
    if (typeof value === "number") {
      this.#numbers[at] = value;
      this.#types[at] = ValueType.number;
    } else this.#addOther(sample, at);
    if (sample.quality === "uncertain") this.#types[at] = (this.#types[at] as number) | 16;
    this.#count = at + 1;
  }

  #addOther(sample: Sample, at: number): void {
    const { value } = sample;
    if (typeof value === "boolean") {
      this.#types[at] = ValueType.boolean;
      this.#numbers[at] = value ? 1 : 0;
    } else if (typeof value === "bigint" && isWithin128Bits(value)) {
      this.#types[at] = ValueType.bigint;
      this.#others[at] = value;
      this.#textBytes += 4;
    } else if (value === null) this.#addText(ValueType.none, reasonOf(sample), at);
    else this.#addText(ValueType.text, String(value), at);
  }

  #addText(type: number, text: string, at: number): void {
    const isTooLong = text.length > TEXT_CHARACTERS_MAX;
    this.#types[at] = isTooLong ? ValueType.none : type;
    const kept = isTooLong ? `text of ${text.length} characters is too long to keep` : text;
    this.#others[at] = kept;
    this.#textBytes += type === ValueType.text ? kept.length : 1;
  }

  /** Packs what was added, and starts afresh. */
  seal(): PackedBlock {
    const count = this.#count;
    const order = this.#order.sorted(this.#points, count);
    this.#ageKinds(count === 0 ? 0 : (this.#points[order[count - 1] as number] as number));
    this.#clearSections(count);
    let columnCount = 0;
    let previousPoint = -1;
    let previousFrom = 0;
    for (let from = 0; from < count; ) {
      const point = this.#points[order[from] as number] as number;
      let to = from + 1;
      while (to < count && this.#points[order[to] as number] === point) to++;
      this.#pointDeltas.varint(point - previousPoint - 1);
      this.#packTimes(order, from, to, previousFrom);
      this.#kinds.byte(this.#packValues(order, from, to, point));
      previousPoint = point;
      previousFrom = from;
      columnCount++;
      from = to;
    }
    const packed = this.#assembled(columnCount);
    const isEmpty = count === 0;
    const fromMs = isEmpty ? 0 : this.#fromMs;
    const toMs = isEmpty ? 0 : this.#toMs;
    this.#reset();
    return { packed, sampleCount: count, fromMs, toMs };
  }

  #packTimes(order: Uint32Array, from: number, to: number, previousFrom: number): void {
    const length = from - previousFrom;
    if (to - from === length && this.#hasTimesOf(order, from, to, previousFrom)) {
      this.#shapes.byte(0);
      return;
    }
    this.#shapes.varint(to - from);
    const times = this.#times;
    times.reserve(8 * (to - from));
    const timestamps = this.#timestamps;
    let previous = from === 0 ? 0 : (timestamps[order[previousFrom] as number] as number);
    let previousDelta = 0;
    for (let index = from; index < to; index++) {
      const timestamp = timestamps[order[index] as number] as number;
      const delta = timestamp - previous;
      times.zigzag(delta - previousDelta);
      previousDelta = index === from ? 0 : delta;
      previous = timestamp;
    }
  }

  #hasTimesOf(order: Uint32Array, from: number, to: number, previousFrom: number): boolean {
    const timestamps = this.#timestamps;
    for (let index = from; index < to; index++) {
      const other = order[index - from + previousFrom] as number;
      if (timestamps[order[index] as number] !== timestamps[other]) return false;
    }
    return true;
  }

  /** Packs the values of one column and notes its exceptions; returns the kind byte. */
  #packValues(order: Uint32Array, from: number, to: number, point: number): number {
    if (to - from > this.#dense.length) this.#dense = new Float64Array(2 * (to - from));
    const dense = this.#dense;
    let seen = 0;
    let count = 0;
    for (let index = from; index < to; index++) {
      const at = order[index] as number;
      const type = this.#types[at] as number;
      if (type === ValueType.number) {
        dense[count++] = this.#numbers[at] as number;
        seen |= 1;
        continue;
      }
      const plain = type & 15;
      if (type !== plain || plain === ValueType.none) this.#packException(index, at);
      if (plain === ValueType.none) continue;
      seen |= 1 << plain;
      if (plain === ValueType.number) dense[count++] = this.#numbers[at] as number;
    }
    if (seen > 1) return this.#packOthers(order, from, to, seen);
    if (count === 0) return ColumnKind.decimal;
    const kind = this.#values.numbers(dense, count, this.#lastKinds[point] as number);
    this.#lastKinds[point] = kind;
    return kind;
  }

  #packOthers(order: Uint32Array, from: number, to: number, seen: number): number {
    const values = this.#values;
    const kind = this.#kindOfOthers(order, from, to, seen);
    values.integers.reserve(8 * (to - from));
    let previous = 0;
    for (let index = from; index < to; index++) {
      const at = order[index] as number;
      const type = (this.#types[at] as number) & 15;
      if (type === ValueType.none) continue;
      const other = this.#others[at] as bigint | string;
      if (kind === ColumnKind.boolean) values.boolean(this.#numbers[at] === 1);
      else if (kind === ColumnKind.bigint) {
        values.integers.zigzag(Number(other) - previous);
        previous = Number(other);
      } else if (kind === ColumnKind.bigintWide) values.other.zigzagBig(other as bigint);
      else if (kind === ColumnKind.text) values.integers.varint(values.textIndex(String(other)));
      else values.mixed(this.#valueAt(at, type));
    }
    return kind;
  }

  #kindOfOthers(order: Uint32Array, from: number, to: number, seen: number): number {
    if (seen === 1 << ValueType.boolean) return ColumnKind.boolean;
    if (seen === 1 << ValueType.text) return ColumnKind.text;
    if (seen !== 1 << ValueType.bigint) return ColumnKind.mixed;
    for (let index = from; index < to; index++) {
      const other = this.#others[order[index] as number];
      if (typeof other === "bigint" && Math.abs(Number(other)) >= SCALED_MAX) {
        return ColumnKind.bigintWide;
      }
    }
    return ColumnKind.bigint;
  }

  #valueAt(at: number, type: number): boolean | number | bigint | string {
    if (type === ValueType.number) return this.#numbers[at] as number;
    if (type === ValueType.boolean) return this.#numbers[at] === 1;
    return this.#others[at] as bigint | string;
  }

  #packException(index: number, at: number): void {
    const exceptions = this.#exceptions;
    exceptions.reserve(16);
    exceptions.varint(index - this.#exceptionAt);
    this.#exceptionAt = index;
    const isBad = ((this.#types[at] as number) & 15) === ValueType.none;
    if (!isBad) exceptions.byte(QualityCode.good);
    else exceptions.varint(1 + this.#values.textIndex(String(this.#others[at])));
  }

  #assembled(columnCount: number): Uint8Array {
    const sections = [this.#pointDeltas, this.#shapes, this.#kinds, this.#times];
    const [integers, float32, float64, bits, other, texts] = this.#values.finished();
    const values = [integers, float32, float64, bits, other] as Uint8Array[];
    const tail = [texts as Uint8Array, this.#exceptions.view()];
    const parts = [...sections.map((section) => section.view()), ...values, ...tail];
    const size = parts.reduce((sum, part) => sum + part.length + 8, 24);
    const body = new ByteWriter(size);
    body.byte(FORMAT_VERSION);
    body.varint(this.#count);
    body.varint(columnCount);
    for (const part of parts) {
      body.varint(part.length);
      body.append(part);
    }
    return body.view();
  }

  #ageKinds(pointMax: number): void {
    this.#sealCount++;
    if (pointMax >= this.#lastKinds.length) this.#lastKinds = new Uint8Array(2 * pointMax);
    if (this.#sealCount % KINDS_KEPT_SEALS === 0) this.#lastKinds.fill(0);
  }

  #clearSections(count: number): void {
    for (const writer of [this.#pointDeltas, this.#shapes, this.#kinds, this.#times]) {
      writer.at = 0;
      writer.reserve(count * 8);
    }
    this.#exceptions.at = 0;
    this.#exceptionAt = 0;
    this.#values.clear();
    this.#values.integers.reserve(count * COLUMN_BYTES_MAX);
  }

  #reset(): void {
    this.#others.length = 0;
    this.#count = 0;
    this.#textBytes = 0;
    this.#fromMs = Number.POSITIVE_INFINITY;
    this.#toMs = Number.NEGATIVE_INFINITY;
  }

  #grow(): void {
    const capacity = this.#points.length * 2;
    const grown = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#points = grown(this.#points, new Uint32Array(capacity));
    this.#timestamps = grown(this.#timestamps, new Float64Array(capacity));
    this.#numbers = grown(this.#numbers, new Float64Array(capacity));
    this.#types = grown(this.#types, new Uint8Array(capacity));
  }
}

function isWithin128Bits(value: bigint): boolean {
  return value < 2n ** 127n && value > -(2n ** 127n);
}

function reasonOf(sample: Sample): string {
  return sample.quality === "bad" ? sample.reason : "no value";
}
