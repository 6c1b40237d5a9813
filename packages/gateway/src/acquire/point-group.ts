import type { Point, Sample, Samples } from "@headgate/model";
import type { PointConfig } from "../config/config.ts";
import type { LiveValues } from "../live-values.ts";
import type { Conditioner } from "./condition.ts";

/** Points that are read or subscribed together, with what happens to their samples. */
export interface PointGroup {
  readonly points: readonly Point[];
  /**
   * Conditions samples given in the order of `points`; returns those worth keeping. `nowMs` is
   * monotonic. Throws unless there is one sample a point.
   */
  take(samples: Samples, nowMs: number): Sample[];
  /** The same for samples of any points of the group, in any order. */
  takeAny(samples: readonly Sample[], nowMs: number): Sample[];
}

/** A point in a group. In two groups it is one point still: they share its conditioner. */
export interface Member {
  readonly config: PointConfig;
  readonly conditioner: Conditioner;
}

/** Live values get every sample, the buffer those that changed enough. */
export function createPointGroup(members: readonly Member[], live: LiveValues): PointGroup {
  const points = members.map(({ config }) => config.point);
  const slots = points.map((point) => live.slotOf(point.id));
  const conditioners = members.map(({ conditioner }) => conditioner);
  const indexOf = new Map(points.map((point, index) => [point.id, index]));

  const takeOne = (raw: Sample, index: number, nowMs: number): Sample | null => {
    const conditioner = conditioners[index] as Conditioner;
    const sample = conditioner.scale(raw);
    live.put(slots[index] as number, sample);
    return conditioner.isWorthKeeping(sample, nowMs) ? sample : null;
  };
  return {
    points,
    take(samples, nowMs) {
      if (samples.length !== points.length) {
        throw new Error(`the driver gave ${samples.length} samples for ${points.length} points`);
      }
      const kept: Sample[] = [];
      for (let index = 0; index < samples.length; index++) {
        const sample = takeOne(samples.at(index) as Sample, index, nowMs);
        if (sample) kept.push(sample);
      }
      return kept;
    },
    takeAny(samples, nowMs) {
      const kept: Sample[] = [];
      for (const raw of samples) {
        const index = indexOf.get(raw.pointId);
        const sample = index === undefined ? null : takeOne(raw, index, nowMs);
        if (sample) kept.push(sample);
      }
      return kept;
    },
  };
}
