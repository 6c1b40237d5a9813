import type { Sample, Value } from "@headgate/model";

/**
 * Samples as columns, one after the other in one piece of memory that a thread hands over without
 * a copy: an object each is slow to clone, and so is each piece.
 */
export interface PackedSamples {
  readonly count: number;
  /** Times (ms), numbers, places of points in the list that both sides have, flags. */
  readonly memory: ArrayBuffer;
  /** All other values, and the reasons of bad samples, by index; absent if there are none. */
  readonly others?: ReadonlyMap<number, Exclude<Value, number>>;
}

const good = 0;
const uncertain = 1;
const bad = 2;
const qualityMask = 3;
const deviceTimeBit = 4;
/** The value is not a number. */
const otherBit = 8;
const bytesPerSample = 8 + 8 + 4 + 1;

interface Columns {
  readonly timesMs: Float64Array;
  readonly numbers: Float64Array;
  readonly places: Uint32Array;
  readonly flags: Uint8Array;
}

/** Widest first, so that each begins where its width allows. */
function columnsIn(memory: ArrayBuffer, count: number): Columns {
  return {
    timesMs: new Float64Array(memory, 0, count),
    numbers: new Float64Array(memory, 8 * count, count),
    places: new Uint32Array(memory, 16 * count, count),
    flags: new Uint8Array(memory, 20 * count, count),
  };
}

/** Columns of the samples of points whose places are known. */
export function packSamples(
  samples: readonly Sample[],
  placeOf: (sample: Sample, index: number) => number,
): PackedSamples {
  const count = samples.length;
  const memory = new ArrayBuffer(count * bytesPerSample);
  const { timesMs, numbers, places, flags } = columnsIn(memory, count);
  const others = new Map<number, Exclude<Value, number>>();
  for (let index = 0; index < count; index++) {
    const sample = samples[index] as Sample;
    places[index] = placeOf(sample, index);
    timesMs[index] = sample.timestampMs;
    const time = sample.isDeviceTime ? deviceTimeBit : 0;
    if (sample.quality === "bad") {
      flags[index] = bad | otherBit | time;
      others.set(index, sample.reason);
      continue;
    }
    const flag = (sample.quality === "good" ? good : uncertain) | time;
    if (typeof sample.value === "number") {
      flags[index] = flag;
      numbers[index] = sample.value;
    } else {
      flags[index] = flag | otherBit;
      others.set(index, sample.value);
    }
  }
  return others.size > 0 ? { count, memory, others } : { count, memory };
}

/** The reverse of `packSamples`. */
export function unpackSamples(packed: PackedSamples, points: readonly { id: string }[]): Sample[] {
  const { count, memory, others } = packed;
  const { timesMs, numbers, places, flags } = columnsIn(memory, count);
  const samples: Sample[] = new Array(count);
  for (let index = 0; index < count; index++) {
    const pointId = points[places[index] as number]?.id ?? "";
    const timestampMs = timesMs[index] as number;
    const flag = flags[index] as number;
    const quality = flag & qualityMask;
    const isDeviceTime = (flag & deviceTimeBit) !== 0;
    if (quality === bad) {
      const reason = String(others?.get(index));
      const sample = { pointId, timestampMs, quality: "bad", value: null, reason } as const;
      samples[index] = isDeviceTime ? { ...sample, isDeviceTime } : sample;
      continue;
    }
    const number = numbers[index] as number;
    const value = (flag & otherBit) === 0 ? number : (others?.get(index) ?? number);
    const seen = quality === good ? "good" : "uncertain";
    // Written out rather than spread: this runs for every sample.
    samples[index] = isDeviceTime
      ? { pointId, timestampMs, quality: seen, value, isDeviceTime }
      : { pointId, timestampMs, quality: seen, value };
  }
  return samples;
}
