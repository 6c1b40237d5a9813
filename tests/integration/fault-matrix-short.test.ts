import { expect, test, vi } from "vitest";
import type { Cell } from "../faults/matrix/cell.ts";
import { runCell } from "../faults/matrix/run-cell.ts";
import { BUILT_HEADGATE } from "./peers/headgate.ts";

// Half a minute each, on a machine that has nothing else to do.
vi.setConfig({ testTimeout: 400_000 });

const SECONDS = 6;
const SEED = 20_264;

/** A few squares at a time: they mostly wait. */
async function holds(...cells: readonly (Pick<Cell, "fault"> & Partial<Cell>)[]): Promise<void> {
  const whole = { broker: "mosquitto 5", format: "blocks", mode: "receiver" } as const;
  const options = { seed: SEED, seconds: SECONDS, program: BUILT_HEADGATE };
  const results = await Promise.all(cells.map((cell) => runCell({ ...whole, ...cell }, options)));
  for (const { violations, lost, twice, strikes } of results) {
    expect(violations).toEqual([]);
    expect({ lost, twice }).toEqual({ lost: 0, twice: 0 });
    expect(strikes).toBeGreaterThan(0);
  }
}

test("nothing is lost or doubled by a kill at any named point, nor by resets", () =>
  holds(
    { fault: "gateway crash points" },
    { fault: "receiver crash points" },
    { fault: "resets" },
  ));

test("nor by a disk that fails, flipped bits, or swapped PUBACKs under plain JSON", () =>
  holds(
    { fault: "disk EIO on fsync" },
    { fault: "bits flipped", format: "blocks-json" },
    { fault: "pubacks swapped", format: "json", mode: "broker", broker: "mosquitto 3.1.1" },
  ));
