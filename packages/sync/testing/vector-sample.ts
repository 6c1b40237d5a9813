import type { Sample, Value } from "@headgate/model";

/** `[point, timestampMs, quality, type, text]`: bigints, -0 and NaN have no JSON of their own. */
export type VectorSample = readonly [number, number, string, string, string];

/** A sample of a test vector, with the point of that place in `pointIds`. */
export function sampleOfVector(
  [point, timestampMs, quality, type, text]: VectorSample,
  pointIds: readonly string[],
): Sample {
  const pointId = pointIds[point] ?? "";
  if (quality === "bad") return { pointId, timestampMs, quality, value: null, reason: text };
  const values: Record<string, () => Value> = {
    number: () => Number(text),
    bigint: () => BigInt(text),
    boolean: () => text === "true",
    text: () => text,
  };
  const value = values[type]?.() ?? text;
  return { pointId, timestampMs, quality: quality as "good", value };
}
