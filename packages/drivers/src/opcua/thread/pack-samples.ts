import type { Sample, Value } from "@headgate/model";

/** Samples as columns that a thread hands over without a copy: an object each is slow to clone. */
export interface PackedSamples {
  /** Place of each sample's point in the list that both sides have. */
  readonly places: Uint32Array<ArrayBuffer>;
  readonly timesMs: Float64Array<ArrayBuffer>;
  /** Quality in the two low bits, then whether the device dated it. */
  readonly flags: Uint8Array<ArrayBuffer>;
  /** Values that are numbers. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** All other values, and the reasons of bad samples, by index. */
  readonly others: ReadonlyMap<number, Exclude<Value, number>>;
}

const good = 0;
const uncertain = 1;
const bad = 2;
const qualityMask = 3;
const deviceTimeBit = 4;

/** Columns of the samples of points whose places are known. */
export function packSamples(
  samples: readonly Sample[],
  placeOf: (sample: Sample, index: number) => number,
): PackedSamples {
  const count = samples.length;
  const places = new Uint32Array(count);
  const timesMs = new Float64Array(count);
  const flags = new Uint8Array(count);
  const numbers = new Float64Array(count);
  const others = new Map<number, Exclude<Value, number>>();
  for (let index = 0; index < count; index++) {
    const sample = samples[index] as Sample;
    places[index] = placeOf(sample, index);
    timesMs[index] = sample.timestampMs;
    const time = sample.isDeviceTime ? deviceTimeBit : 0;
    if (sample.quality === "bad") {
      flags[index] = bad | time;
      others.set(index, sample.reason);
      continue;
    }
    flags[index] = (sample.quality === "good" ? good : uncertain) | time;
    if (typeof sample.value === "number") numbers[index] = sample.value;
    else others.set(index, sample.value);
  }
  return { places, timesMs, flags, numbers, others };
}

/** What a message hands over instead of copying it. */
export function buffersOf({ places, timesMs, flags, numbers }: PackedSamples): ArrayBuffer[] {
  return [places.buffer, timesMs.buffer, flags.buffer, numbers.buffer];
}

/** The reverse of `packSamples`. */
export function unpackSamples(packed: PackedSamples, points: readonly { id: string }[]): Sample[] {
  const { places, timesMs, flags, numbers, others } = packed;
  const samples: Sample[] = new Array(places.length);
  for (let index = 0; index < places.length; index++) {
    const pointId = points[places[index] as number]?.id ?? "";
    const timestampMs = timesMs[index] as number;
    const flag = flags[index] as number;
    const quality = flag & qualityMask;
    const time = (flag & deviceTimeBit) !== 0 ? { isDeviceTime: true } : {};
    if (quality === bad) {
      const reason = String(others.get(index));
      samples[index] = { pointId, timestampMs, quality: "bad", value: null, reason, ...time };
      continue;
    }
    const value = others.get(index) ?? (numbers[index] as number);
    const seen = quality === good ? "good" : "uncertain";
    samples[index] = { pointId, timestampMs, quality: seen, value, ...time };
  }
  return samples;
}
