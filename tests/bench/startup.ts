import type { Figure } from "./figure.ts";
import { type RigOptions, startRig, untilFirstData } from "./rig.ts";
import { quantile } from "./statistics.ts";

const RUNS = 7;

/** From exec to the first sample at the broker, seven times. */
export async function startup(options: RigOptions): Promise<Figure[]> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const rig = await startRig(options);
    try {
      seconds.push((await untilFirstData(rig)) / 1000);
    } finally {
      await rig.stop();
    }
  }
  return [
    { name: "first sample, median of 7", unit: "s", value: quantile(seconds, 0.5) },
    { name: "first sample, fastest", unit: "s", value: quantile(seconds, 0) },
    { name: "first sample, slowest", unit: "s", value: quantile(seconds, 1) },
  ];
}
