import type { SimClock } from "@headgate/model/testing";
import type { Oracle } from "./oracle.ts";
import type { Rng } from "./rng.ts";
import type { Weather } from "./weather.ts";

/** What all parts of one simulated world share. */
export interface World {
  readonly rng: Rng;
  readonly clock: SimClock;
  readonly oracle: Oracle;
  /** Holds the weather, which changes. */
  readonly sky: { weather: Weather };
}
