import { type NibbleReader, type NibbleWriter, zagzig, zigzag } from "./nibbles.ts";
import { numberOf, type Scale, scaleOf, UNSCALED, wholeOf } from "./number-scale.ts";
import { Quality, type SampleColumns } from "./sample-columns.ts";

// A run: samples of one point as they came. It begins with its scale; then comes, for each sample,
// 1 + how much later than the one before it came after its own, and the difference of the value in
// whole steps. A 0 instead says that the sample is another: its kind follows, how much later, and
//   bad        nothing
//   number     the value as 64 bits
//   uncertain  the same
//   rescaled   a finer scale from here on, and the value in it

const Kind = { bad: 0, number: 1, uncertain: 2, rescaled: 3 } as const;

/** Times further apart than this are not believed. */
const GAP_MS_MAX = 2 ** 45;

/** What has to be known to write the next sample of each point. */
export class RunStates {
  readonly #lastMs: Float64Array;
  readonly #gapMs: Float64Array;
  readonly #whole: Float64Array;
  /** Kept from run to run. */
  readonly #scale: Uint8Array;

  constructor(pointCount: number) {
    this.#lastMs = new Float64Array(pointCount);
    this.#gapMs = new Float64Array(pointCount);
    this.#whole = new Float64Array(pointCount);
    this.#scale = new Uint8Array(pointCount);
  }

  begin(slot: number, baseMs: number, writer: NibbleWriter): void {
    this.#lastMs[slot] = baseMs;
    this.#gapMs[slot] = 0;
    this.#whole[slot] = 0;
    writer.varint(this.#scale[slot] as number);
  }

  write(
    slot: number,
    [timeMs, value, quality]: readonly [timeMs: number, value: number, quality: number],
    writer: NibbleWriter,
  ): void {
    const lastMs = this.#lastMs[slot] as number;
    const gapMs = Math.max(-GAP_MS_MAX, Math.min(GAP_MS_MAX, timeMs - lastMs));
    const late = zigzag(gapMs - (this.#gapMs[slot] as number));
    this.#gapMs[slot] = gapMs;
    this.#lastMs[slot] = lastMs + gapMs;
    if (quality === Quality.good) {
      const whole = wholeOf(value, this.#scale[slot] as Scale);
      if (Number.isNaN(whole)) this.#writeUnfit(slot, { late, value }, writer);
      else {
        writer.varint(late + 1);
        this.#step(slot, whole, writer);
      }
      return;
    }
    const isBad = quality === Quality.bad;
    begin(isBad ? Kind.bad : Kind.uncertain, late, writer);
    if (!isBad) writer.double(value);
  }

  #writeUnfit(
    slot: number,
    { late, value }: { late: number; value: number },
    writer: NibbleWriter,
  ): void {
    const scale = scaleOf(value);
    if (scale === UNSCALED || scale < (this.#scale[slot] as Scale)) {
      begin(Kind.number, late, writer);
      writer.double(value);
      return;
    }
    this.#scale[slot] = scale;
    this.#whole[slot] = 0;
    begin(Kind.rescaled, late, writer);
    writer.varint(scale);
    this.#step(slot, wholeOf(value, scale), writer);
  }

  #step(slot: number, whole: number, writer: NibbleWriter): void {
    writer.varint(zigzag(whole - (this.#whole[slot] as number)));
    this.#whole[slot] = whole;
  }
}

function begin(kind: number, late: number, writer: NibbleWriter): void {
  writer.nibble(0);
  writer.nibble(kind);
  writer.varint(late);
}

/** Adds what a run holds of `[fromMs, toMs)` to `samples`. */
export function readRun(
  reader: NibbleReader,
  { baseMs, fromMs, toMs }: { baseMs: number; fromMs: number; toMs: number },
  samples: SampleColumns,
): void {
  if (!reader.hasMore) return;
  let scale = reader.varint();
  let [timeMs, gapMs, whole] = [baseMs, 0, 0];
  while (reader.hasMore) {
    const late = reader.varint();
    const kind = late === 0 ? reader.nibble() : null;
    gapMs += zagzig(kind === null ? late - 1 : reader.varint());
    timeMs += gapMs;
    let [value, quality]: [number, number] = [Number.NaN, Quality.good];
    if (kind === Kind.bad) quality = Quality.bad;
    else if (kind === Kind.number) value = reader.double();
    else if (kind === Kind.uncertain) [value, quality] = [reader.double(), Quality.uncertain];
    else {
      if (kind === Kind.rescaled) [scale, whole] = [reader.varint(), 0];
      whole += zagzig(reader.varint());
      value = numberOf(whole, scale);
    }
    if (timeMs >= fromMs && timeMs < toMs) samples.add(timeMs, value, quality);
  }
}
