import type { Context, PointList, Sample, Seq, Stream } from "@headgate/model";
import type { ClockWatch } from "./clock-watch.ts";
import type { CommitLoop } from "./commit-loop.ts";
import { BLOCK_BYTES_MAX, type BufferOptions } from "./options.ts";
import { SampleIntake } from "./sample-intake.ts";

/** Samples packed before others get their turn: keeps the event loop free. */
const SAMPLES_PER_SLICE = 16_384;

interface Delivery {
  readonly samples: readonly Sample[];
  readonly isDeviceTime: boolean;
  at: number;
  resolve(seq: Seq): void;
  reject(error: unknown): void;
}

interface LaneParts {
  readonly stream: Stream;
  readonly options: BufferOptions;
  readonly context: Context;
  readonly loop: CommitLoop;
  readonly clock: ClockWatch;
  /** Told the point list of each block. */
  noteList(list: PointList): void;
}

/** The way of one stream's samples into blocks, in slices. */
export class SampleLane {
  readonly #parts: LaneParts;
  readonly #intake: SampleIntake;
  readonly #deliveries: Delivery[] = [];
  /** Of deliveries whose last sample is in the block being filled; their samples may go. */
  #open: Pick<Delivery, "resolve" | "reject">[] = [];
  #isPumping = false;
  #isDeviceTime = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    const { pointIds, blockBytesMax = BLOCK_BYTES_MAX } = parts.options;
    this.#intake = new SampleIntake(pointIds, blockBytesMax);
  }

  /** Resolves with the number of the block that holds the last of them, once it is durable. */
  append(samples: readonly Sample[]): Promise<Seq> {
    // Not `async`: that would hold the samples in memory until they are durable.
    const seqs = this.#parts.clock.split(samples).map((part) => this.#deliver(part));
    const [only] = seqs;
    if (only && seqs.length === 1) return only;
    return Promise.all(seqs).then((all) => Math.max(...all));
  }

  #deliver(part: Pick<Delivery, "samples" | "isDeviceTime">): Promise<Seq> {
    return new Promise((resolve, reject) => {
      this.#deliveries.push({ ...part, at: 0, resolve, reject });
      if (!this.#isPumping) this.#pump();
    });
  }

  /** Packs all that waits at once. */
  takeAll(): void {
    while (this.#deliveries.length > 0) this.#takeSlice(SAMPLES_PER_SLICE);
  }

  /** Closes the block being filled and gives it a number. */
  seal(): void {
    if (this.#intake.sampleCount === 0) return;
    const { stream, loop, noteList } = this.#parts;
    const { packed, pointList, ...about } = this.#intake.seal();
    noteList(pointList);
    const kind = { kind: "data", stream, schemaHash: pointList.hash } as const;
    const isDeviceTime = this.#isDeviceTime;
    const stamp = this.#parts.clock.stamp({ isDeviceTime, hasSamples: true });
    const clock = stamp ? { clock: stamp } : {};
    const block = { ...kind, ...about, ...clock, bytes: packed, media: null };
    const seq = loop.push(block, pointList);
    const epoch = loop.epochOf(stream);
    for (const { resolve, reject } of this.#open) loop.await({ epoch, seq, resolve, reject });
    this.#open = [];
  }

  /** Learns from a stored block how well samples deflate just now. */
  learn(sampleCount: number, bodyBytes: number): void {
    this.#intake.learn(sampleCount, bodyBytes);
  }

  #pump(): void {
    this.#takeSlice(SAMPLES_PER_SLICE);
    if (this.#deliveries.length === 0 || this.#isPumping) return;
    this.#isPumping = true;
    void this.#pumpOn();
  }

  async #pumpOn(): Promise<void> {
    const never = new AbortController().signal;
    while (this.#deliveries.length > 0) {
      await this.#parts.context.clock.sleep(0, never);
      this.#takeSlice(SAMPLES_PER_SLICE);
    }
    this.#isPumping = false;
  }

  #takeSlice(samplesMax: number): void {
    let left = samplesMax;
    for (let delivery = this.#deliveries[0]; delivery && left > 0; ) {
      const { samples, isDeviceTime } = delivery;
      // Two clocks do not meet in one block, as long as ours is not known to be right.
      if (isDeviceTime !== this.#isDeviceTime) this.seal();
      this.#isDeviceTime = isDeviceTime;
      if (this.#intake.sampleCount === 0) this.#parts.loop.noteWaiting();
      const end = Math.min(samples.length, delivery.at + left);
      left -= end - delivery.at;
      for (let index = delivery.at; index < end; index++) {
        this.#intake.add(samples[index] as Sample);
        if (this.#intake.isFull && index + 1 < samples.length) this.seal();
      }
      delivery.at = end;
      if (end < samples.length) return;
      this.#open.push({ resolve: delivery.resolve, reject: delivery.reject });
      this.#deliveries.shift();
      if (this.#intake.isFull) this.seal();
      delivery = this.#deliveries[0];
    }
  }
}
