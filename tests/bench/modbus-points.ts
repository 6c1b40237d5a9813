import { modbusTcpDriver } from "@headgate/drivers/modbus";
import type { Connection, Samples } from "@headgate/model";

type Address = ReturnType<typeof modbusTcpDriver.addressSchema.parse>;
type Device = NonNullable<ReturnType<NonNullable<typeof modbusTcpDriver.deviceSchema>["parse"]>>;

const { signal } = new AbortController();

/** So many registers of unit 1, a point each. */
export function pointsOf(count: number) {
  const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1 }) as Device;
  return Array.from({ length: count }, (_, at) => ({
    id: `meter/${at}`,
    address: modbusTcpDriver.addressSchema.parse({ address: `holding:${at}` }),
    device,
  }));
}

/** Reads all of them; throws if one is not good. */
export async function readAll(
  connection: Connection<Address, Device>,
  points: ReturnType<typeof pointsOf>,
): Promise<void> {
  const samples = await connection.read(points, signal);
  if (samples.length !== points.length) throw new Error("samples are missing");
  allGood(samples);
}

/** Throws if one is not. */
export function allGood(samples: Samples): void {
  for (let index = 0; index < samples.length; index++) {
    if (samples.at(index)?.quality !== "good") throw new Error("a bad sample");
  }
}
