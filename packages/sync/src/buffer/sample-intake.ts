import type { PointList, Sample } from "@headgate/model";
import { BlockBuilder, type PackedBlock } from "../block/block-builder.ts";
import { pointListOf } from "../block/hash.ts";

/** A packed block and the list its point indexes refer to. */
export interface FilledBlock extends PackedBlock {
  readonly pointList: PointList;
}

/** Blocks beyond this are cut even if they would deflate well: keeps packing in short slices. */
const SAMPLES_PER_BLOCK = 8192;
const BYTES_PER_SAMPLE_AT_FIRST = 4;

/** Collects samples into blocks of about `blockBytesMax`, and knows the points by number. */
export class SampleIntake {
  readonly #builder = new BlockBuilder();
  readonly #blockBytesMax: number;
  readonly #pointIds: string[];
  readonly #indexes = new Map<string, number>();
  #list: PointList | null = null;
  #expected = 0;
  #bytesPerSample = BYTES_PER_SAMPLE_AT_FIRST;

  constructor(pointIds: readonly string[], blockBytesMax: number) {
    this.#pointIds = [...new Set(pointIds)];
    for (const [index, pointId] of this.#pointIds.entries()) this.#indexes.set(pointId, index);
    this.#blockBytesMax = blockBytesMax;
  }

  get sampleCount(): number {
    return this.#builder.sampleCount;
  }

  get isFull(): boolean {
    const builder = this.#builder;
    if (builder.sampleCount >= SAMPLES_PER_BLOCK || builder.isFull) return true;
    return builder.estimateBytes(this.#bytesPerSample) >= this.#blockBytesMax;
  }

  add(sample: Sample): void {
    this.#builder.add(sample, this.#indexOf(sample.pointId));
  }

  seal(): FilledBlock {
    this.#list ??= pointListOf([...this.#pointIds]);
    return { ...this.#builder.seal(), pointList: this.#list };
  }

  /** Learns from a stored block how well samples deflate just now. */
  learn(sampleCount: number, bodyBytes: number): void {
    if (sampleCount < 100) return;
    const measured = bodyBytes / sampleCount;
    this.#bytesPerSample = Math.max(measured, 0.9 * this.#bytesPerSample + 0.1 * measured);
  }

  #indexOf(pointId: string): number {
    // Samples come in the order of the points mostly: then no look-up is needed.
    const guess = this.#expected;
    if (this.#pointIds[guess] === pointId) {
      this.#expected = guess + 1;
      return guess;
    }
    let index = this.#indexes.get(pointId);
    if (index === undefined) {
      index = this.#pointIds.length;
      this.#pointIds.push(pointId);
      this.#indexes.set(pointId, index);
      this.#list = null;
    }
    this.#expected = index + 1;
    return index;
  }
}
