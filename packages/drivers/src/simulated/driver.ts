import type { Connection, Driver, Point, Sample } from "@headgate/model";
import { z } from "zod";

const configSchema = z.strictObject({
  /** Milliseconds of one wave. */
  periodMs: z.number().positive().default(60_000),
});
const addressSchema = z.strictObject({
  amplitude: z.number().default(1),
  mean: z.number().default(0),
});

type Config = z.infer<typeof configSchema>;
type Address = z.infer<typeof addressSchema>;

/** A sine wave for every point: the driver to copy. */
export const simulatedDriver: Driver<Config, Address> = {
  type: "simulated",
  configSchema,
  addressSchema,

  async open({ periodMs }, { clock }): Promise<Connection<Address>> {
    const observe = ({ id, address }: Point<Address>): Sample => {
      const timestampMs = clock.nowMs();
      const value =
        address.mean + address.amplitude * Math.sin((2 * Math.PI * timestampMs) / periodMs);
      return { pointId: id, timestampMs, quality: "good", value };
    };
    return {
      read: async (points) => points.map(observe),
      close: async () => {},
    };
  },
};
