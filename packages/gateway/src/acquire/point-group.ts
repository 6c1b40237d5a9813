import type { Point, Sample } from "@headgate/model";
import type { PointConfig } from "../config/config.ts";
import type { LiveValues } from "../live-values.ts";
import { type Conditioner, createConditioner } from "./condition.ts";

/** Points that are read or subscribed together, with what happens to their samples. */
export interface PointGroup {
  readonly points: readonly Point[];
  /** Conditions samples given in the order of `points`; returns those worth keeping. */
  take(samples: readonly Sample[]): Sample[];
  /** The same for samples of any points of the group, in any order. */
  takeAny(samples: readonly Sample[]): Sample[];
}

/** Live values get every sample, the buffer those that changed enough. */
export function createPointGroup(configs: readonly PointConfig[], live: LiveValues): PointGroup {
  const points = configs.map((config) => config.point);
  const slots = points.map((point) => live.slotOf(point.id));
  const conditioners = configs.map((config) => createConditioner(config.condition));
  const indexOf = new Map(points.map((point, index) => [point.id, index]));

  const takeOne = (raw: Sample, index: number, kept: Sample[]) => {
    const conditioner = conditioners[index] as Conditioner;
    const sample = conditioner.scale(raw);
    live.put(slots[index] as number, sample);
    if (conditioner.isWorthKeeping(sample)) kept.push(sample);
  };
  return {
    points,
    take(samples) {
      const kept: Sample[] = [];
      for (let index = 0; index < samples.length; index++) {
        takeOne(samples[index] as Sample, index, kept);
      }
      return kept;
    },
    takeAny(samples) {
      const kept: Sample[] = [];
      for (const sample of samples) {
        const index = indexOf.get(sample.pointId);
        if (index !== undefined) takeOne(sample, index, kept);
      }
      return kept;
    },
  };
}
