import type { Connection, Driver, Point, Sample, Value } from "@headgate/model";
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

/** A sine wave for every point, until it is written: the driver to copy. */
export const simulatedDriver: Driver<Config, Address> = {
  type: "simulated",
  configSchema,
  addressSchema,

  async open({ periodMs }, { clock }): Promise<Connection<Address>> {
    const written = new Map<string, Value>();
    const observe = ({ id, address }: Point<Address>): Sample => {
      const timestampMs = clock.nowMs();
      const wave =
        address.mean + address.amplitude * Math.sin((2 * Math.PI * timestampMs) / periodMs);
      return { pointId: id, timestampMs, quality: "good", value: written.get(id) ?? wave };
    };
    return {
      read: async (points) => points.map(observe),
      write: async ({ id }, value) => void written.set(id, value),
      close: async () => {},
    };
  },
};
