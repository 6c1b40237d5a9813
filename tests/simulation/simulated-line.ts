import {
  type Clock,
  type Driver,
  missing,
  type Point,
  type Sample,
  Unreachable,
  type Value,
} from "@headgate/model";
import { z } from "zod";
import type { World } from "./world-parts.ts";

interface Line {
  readonly line: string;
}

interface Address {
  readonly number: number;
}

/** A driver whose values name their point and count, on lines that fail. */
export function simulatedLine({ rng, sky, oracle }: World): Driver<Line, Address> {
  const counts = new Map<number, number>();
  /** Who holds a line; each life of a gateway has a clock of its own. */
  const holders = new Map<string, Set<Clock>>();
  const nextValueOf = ({ number }: Address): Value => {
    const count = (counts.get(number) ?? 0) + 1;
    counts.set(number, count);
    const value = number * 1_000_000 + count;
    return [value, BigInt(value), `count ${value}`, value + 0.25][number % 4] as Value;
  };
  const sampleOf = ({ id, address }: Point<Address>, clock: Clock): Sample => {
    const timestampMs = clock.nowMs();
    if (rng.chance(sky.weather.pointSilent)) return missing(id, timestampMs, "timeout");
    if (rng.chance(sky.weather.pointGarbled)) return missing(id, timestampMs, "not a number");
    const quality = rng.chance(0.05) ? "uncertain" : "good";
    const sample: Sample = { pointId: id, timestampMs, quality, value: nextValueOf(address) };
    oracle.produced(sample, clock);
    return sample;
  };
  return {
    type: "simulated-line",
    configSchema: z.strictObject({ line: z.string() }),
    addressSchema: z.strictObject({ number: z.number() }),
    async open({ line }, { clock, signal }) {
      await clock.sleep(rng.between(5, 50), signal);
      if (rng.chance(sky.weather.lineRefused)) throw new Unreachable("open line: refused");
      const held = holders.get(line) ?? new Set();
      holders.set(line, held);
      if (held.has(clock)) oracle.violate(`line ${line} is open twice`);
      held.add(clock);
      return {
        async read(points, reading) {
          await clock.sleep(rng.between(5, 60), reading);
          if (reading.aborted) throw new Unreachable("read line: stopped");
          if (rng.chance(sky.weather.lineLost)) throw new Unreachable("read line: lost");
          return points.map((point) => sampleOf(point, clock));
        },
        async close() {
          held.delete(clock);
        },
      };
    },
  };
}
