import type { SimClock } from "@headgate/model/testing";
import type { History } from "./history.ts";
import type { Oracle } from "./oracle.ts";
import type { Rng } from "./rng.ts";
import type { Weather } from "./weather.ts";

/** What all parts of one simulated world share. */
export interface World {
  readonly rng: Rng;
  /** True time; a machine may go by another. */
  readonly clock: SimClock;
  readonly history: History;
  readonly oracle: Oracle;
  /** Holds the weather, which changes. */
  readonly sky: { weather: Weather };
}
