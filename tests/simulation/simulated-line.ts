import {
  type Clock,
  type Driver,
  missing,
  type Point,
  type Sample,
  Unreachable,
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
  const counts = new Map<string, number>();
  /** Who holds a line; each life of the gateway has a clock of its own. */
  const holders = new Map<string, Clock>();
  const nextValueOf = ({ id, address }: Point<Address>) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return address.number * 1_000_000 + count;
  };
  const sampleOf = (point: Point<Address>, clock: Clock): Sample => {
    const timestampMs = clock.nowMs();
    if (rng.chance(sky.weather.pointSilent)) return missing(point.id, timestampMs, "timeout");
    const value = nextValueOf(point);
    const sample: Sample = { pointId: point.id, timestampMs, quality: "good", value };
    oracle.produced(sample);
    return sample;
  };
  return {
    type: "simulated-line",
    configSchema: z.strictObject({ line: z.string() }),
    addressSchema: z.strictObject({ number: z.number() }),
    async open({ line }, { clock, signal }) {
      await clock.sleep(rng.between(5, 50), signal);
      if (rng.chance(sky.weather.openRefused)) throw new Unreachable("open line: refused");
      if (holders.get(line) === clock) oracle.violate(`line ${line} is open twice`);
      holders.set(line, clock);
      return {
        async read(points, reading) {
          await clock.sleep(rng.between(5, 60), reading);
          if (reading.aborted) throw new Unreachable("read line: stopped");
          if (rng.chance(sky.weather.lineLost)) throw new Unreachable("read line: lost");
          return points.map((point) => sampleOf(point, clock));
        },
        async close() {
          if (holders.get(line) === clock) holders.delete(line);
        },
      };
    },
  };
}
