import type { Sample } from "@headgate/model";

export const POINT_COUNT = 1000;

/** Ten meters of a hundred points. */
export const POINT_IDS: readonly string[] = Array.from(
  { length: POINT_COUNT },
  (_, index) => `meter-${index % 10}/p${index}`,
);

/** Tenths of what point `index` reads in second `round`: never the same twice within a day. */
function tenths(index: number, round: number): number {
  return index * 100_000 + round + (round % (index % 7 || 1));
}

/** A second of all points. */
export function secondOf(round: number, timestampMs: number): Sample[] {
  return POINT_IDS.map((pointId, index) => {
    return { pointId, timestampMs, quality: "good", value: tenths(index, round) / 10 };
  });
}

/** The sum over all points, in tenths: what the far side must come to as well. */
export function tenthsOf(round: number): number {
  let sum = 0;
  for (let index = 0; index < POINT_COUNT; index++) sum += tenths(index, round);
  return sum;
}
