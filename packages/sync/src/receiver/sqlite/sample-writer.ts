import type { Sample } from "@headgate/model";
import { type DecodedBlock, valueAt } from "../../block/decode.ts";
import { QualityCode, ValueType } from "../../block/format.ts";
import type { Connection, Statement } from "./connection.ts";

/** Rows a statement takes at once: one call for many rows costs a third of many calls. */
const ROW_COUNTS = [64, 16, 4, 1] as const;
const VALUES_PER_ROW = 3;
const ROW_COUNT_MAX = ROW_COUNTS[0];

/** Writes the samples of one block after the other into table `sample`. */
export class SampleWriter {
  readonly #numbers: readonly { count: number; statement: Statement }[];
  readonly #any: Statement;
  readonly #at = { epoch: 0, block: 0, i: 0 };
  /** Point, time and value of good numbers that wait, from index `#at.i` on. */
  #waiting: number[] = [];

  constructor(database: Connection) {
    this.#numbers = ROW_COUNTS.map((count) => {
      const row = (_: unknown, at: number) => `(@epoch, @block, @i + ${at}, ?, ?, ?, 0, 0, null)`;
      const rows = Array.from({ length: count }, row).join(", ");
      return { count, statement: database.prepare(`insert into sample values ${rows}`) };
    });
    this.#any = database.prepare("insert into sample values (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  /** `refs` gives the point's row for each index into the point list. */
  columns(epochRef: number, seq: number, { block, refs }: ColumnsToWrite): void {
    this.#begin(epochRef, seq);
    const { columnPoints, columnStarts, timestampsMs, types, qualities, numbers } = block;
    for (let column = 0; column < columnPoints.length; column++) {
      const ref = refs[columnPoints[column] as number] as number;
      const end = columnStarts[column + 1] as number;
      for (let index = columnStarts[column] as number; index < end; index++) {
        const t = timestampsMs[index] as number;
        const value = numbers[index] as number;
        const isNumber = types[index] === ValueType.number && !Number.isNaN(value);
        if (isNumber && qualities[index] === QualityCode.good) this.#number(ref, t, value);
        else {
          const reason = types[index] === ValueType.none ? String(block.others.get(index)) : null;
          const quality = qualities[index] as number;
          this.#other(ref, t, { value: valueAt(block, index), quality, reason });
        }
      }
    }
    this.#flush();
  }

  samples(epochRef: number, seq: number, { samples, refOf }: SamplesToWrite): void {
    this.#begin(epochRef, seq);
    for (const sample of samples) {
      const { timestampMs: t, value } = sample;
      const reason = sample.quality === "bad" ? sample.reason : null;
      this.#other(refOf(sample.pointId), t, {
        value,
        quality: QualityCode[sample.quality],
        reason,
      });
    }
    this.#flush();
  }

  /** Writes the samples of a thinned entry that are kept, each where it stood in its own block. */
  kept(epochRef: number, { block, refs, placeOf }: KeptToWrite): void {
    const { columnPoints, columnStarts, timestampsMs, types, qualities } = block;
    for (let column = 0; column < columnPoints.length; column++) {
      const ref = refs[columnPoints[column] as number] as number;
      const end = columnStarts[column + 1] as number;
      for (let at = columnStarts[column] as number; at < end; at++) {
        const place = placeOf(at);
        if (place === null) continue;
        const value = valueAt(block, at);
        const t = timestampsMs[at] as number;
        const reason = types[at] === ValueType.none ? String(block.others.get(at)) : null;
        const about = [storedValue(value), kindOf(value), qualities[at] as number, reason];
        this.#any.run(epochRef, place.seq, place.index, ref, t, ...about);
      }
    }
  }

  #begin(epochRef: number, seq: number): void {
    this.#at.epoch = epochRef;
    this.#at.block = seq;
    this.#at.i = 0;
    this.#waiting.length = 0;
  }

  #number(ref: number, t: number, value: number): void {
    this.#waiting.push(ref, t, value);
    if (this.#waiting.length < ROW_COUNT_MAX * VALUES_PER_ROW) return;
    this.#numbers[0]?.statement.run(this.#waiting, this.#at);
    this.#at.i += ROW_COUNT_MAX;
    this.#waiting.length = 0;
  }

  #other(ref: number, t: number, { value, quality, reason }: Oddity): void {
    if (quality === QualityCode.good && typeof value === "number" && !Number.isNaN(value)) {
      this.#number(ref, t, value);
      return;
    }
    this.#flush();
    const { epoch, block, i } = this.#at;
    this.#any.run(epoch, block, i, ref, t, storedValue(value), kindOf(value), quality, reason);
    this.#at.i++;
  }

  #flush(): void {
    let from = 0;
    for (const { count, statement } of this.#numbers) {
      const width = count * VALUES_PER_ROW;
      while (this.#waiting.length - from >= width) {
        statement.run(this.#waiting.slice(from, from + width), this.#at);
        this.#at.i += count;
        from += width;
      }
    }
    this.#waiting.length = 0;
  }
}

interface ColumnsToWrite {
  readonly block: DecodedBlock;
  readonly refs: readonly number[];
}

interface KeptToWrite extends ColumnsToWrite {
  /** Where the sample of that place in `block` stood; null if it is not to be written. */
  readonly placeOf: (at: number) => { readonly seq: number; readonly index: number } | null;
}

interface SamplesToWrite {
  readonly samples: readonly Sample[];
  readonly refOf: (pointId: string) => number;
}

interface Oddity {
  readonly value: Sample["value"];
  readonly quality: number;
  readonly reason: string | null;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function storedValue(value: Sample["value"]): number | bigint | string | null {
  if (typeof value === "boolean") return value ? 1n : 0n;
  // SQLite turns NaN into null.
  if (typeof value === "number") return Number.isNaN(value) ? "NaN" : value;
  if (typeof value !== "bigint") return value;
  return value >= INT64_MIN && value <= INT64_MAX ? value : value.toString();
}

function kindOf(value: Sample["value"]): number {
  if (value === null) return ValueType.none;
  if (typeof value === "string") return ValueType.text;
  return ValueType[typeof value as "number" | "boolean" | "bigint"];
}
