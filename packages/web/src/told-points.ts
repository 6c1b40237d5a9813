import type { PointView } from "@headgate/gateway/api-types";

/** What a stream told last of a point. */
export interface ToldPoint {
  readonly value: PointView["value"];
  readonly quality: PointView["quality"];
  readonly timestampMs: number | null;
  readonly reason: string | null;
}

/** One batch of a stream: `[place in the list, value, quality, timestampMs, reason?]`. */
export interface Batch {
  readonly list: number;
  readonly points: readonly (readonly [
    place: number,
    value: PointView["value"],
    quality: PointView["quality"],
    timestampMs: number | null,
    reason?: string,
  ])[];
}

/** What is known of points after a batch of this list; of others nothing is remembered. */
export function afterBatch(
  known: ReadonlyMap<string, ToldPoint>,
  list: readonly string[],
  { points }: Batch,
): ReadonlyMap<string, ToldPoint> {
  const next = new Map(known);
  for (const [place, value, quality, timestampMs, reason = null] of points) {
    const id = list[place];
    if (id !== undefined) next.set(id, { value, quality, timestampMs, reason });
  }
  return next;
}

/** The newer of what was asked of a point and what was told of it. */
export function newest(point: PointView, told: ToldPoint | undefined): PointView {
  if (told === undefined || told.timestampMs === null) return point;
  if (point.timestampMs !== null && point.timestampMs > told.timestampMs) return point;
  return { ...point, ...told };
}
