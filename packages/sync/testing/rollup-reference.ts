import type { Rollup } from "../src/history/rollup.ts";

/** A sample as tests tell it: its value is null where it is bad. */
export interface ToldSample {
  readonly atMs: number;
  readonly value: number | null;
}

const isKnown = (sample: ToldSample | undefined): sample is ToldSample & { value: number } =>
  sample !== undefined && sample.value !== null && Number.isFinite(sample.value);

/** What rollups are, as plainly as it can be said: each stretch looks at all samples. */
export function referenceRollups(samples: readonly ToldSample[], widthMs: number): Rollup[] {
  const sorted = samples.toSorted((a, b) => a.atMs - b.atMs);
  const known = sorted.filter(isKnown);
  const startOf = ({ atMs }: ToldSample) => Math.floor(atMs / widthMs) * widthMs;
  return [...new Set(sorted.map(startOf))].map((atMs) => {
    const all = sorted.filter((sample) => startOf(sample) === atMs);
    const own = all.filter(isKnown);
    const values = own.map(({ value }) => value);
    const misread = (sample: ToldSample & { value: number }) => {
      const place = known.indexOf(sample);
      const [before, after] = [known[place - 1], known[place + 1]];
      if (!before || !after || sample.value < 0) return false;
      return sample.value < before.value / 2 && after.value >= before.value;
    };
    let lost = 0;
    for (const [at, sample] of own.entries()) {
      const before = own[at - 1];
      if (!before || sample.value >= before.value || misread(sample)) continue;
      const fell = before.value - sample.value;
      if (sample.value >= 0 && sample.value < before.value / 2) lost += before.value;
      else if (fell > Math.abs(before.value) / 1000) lost += fell;
    }
    const [first] = own;
    return {
      ...{ atMs, count: own.length, badCount: all.length - own.length, lost },
      min: values.length > 0 ? Math.min(...values) : Number.NaN,
      max: values.length > 0 ? Math.max(...values) : Number.NaN,
      mean: values.reduce((sum, value) => sum + value / values.length, 0) / (values.length && 1),
      first: first?.value ?? Number.NaN,
      last: values.at(-1) ?? Number.NaN,
      isFirstMisread: first !== undefined && misread(first),
    };
  });
}
