import { silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { describe, it } from "vitest";
import { simulatedDriver } from "./driver.ts";

describe("the simulated driver", () => {
  driverContract(it, async () => ({
    driver: simulatedDriver,
    context: {
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      directory: "",
    },
    config: { periodMs: 1000 },
    points: ["a", "b"].map((name) => ({
      id: `wave/${name}`,
      address: { amplitude: 2, mean: 1 },
      device: undefined,
    })),
    tearDown: async () => {},
  }));
});
