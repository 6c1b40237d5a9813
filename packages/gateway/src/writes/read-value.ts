import type { Connection, Value } from "@headgate/model";
import { createConditioner } from "../acquire/condition.ts";
import type { PointConfig } from "../config/config.ts";

/** What the device shows, in engineering units; null where the point cannot be read. */
export async function readValue(
  connection: Connection,
  { point, condition }: PointConfig,
  signal: AbortSignal,
): Promise<Value | null> {
  const [sample] = await connection.read([point], signal);
  return sample ? createConditioner(condition).scale(sample).value : null;
}
