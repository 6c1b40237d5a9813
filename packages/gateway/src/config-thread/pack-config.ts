import { deserialize, serialize } from "node:v8";
import type { Driver, Uplink } from "@headgate/model";
import type { Catalogue, ChannelConfig, DeviceConfig, GatewayConfig } from "../config/config.ts";
import { othersTurn } from "../others-turn.ts";

/** Unpacked at a stretch; devices stay whole, since their points share what they have alike. */
const POINTS_AT_ONCE = 500;

/** A configuration on its way to another thread: bytes, to be unpacked a slice at a time. */
export interface PackedConfig {
  /** All but the devices. */
  readonly head: Uint8Array;
  /** Devices, each with the place of its channel. */
  readonly slices: readonly Uint8Array[];
}

type Named<P> = Omit<P, "driver" | "uplink"> & { readonly type: string };
type Head = Omit<GatewayConfig, "channels" | "uplinks"> & {
  readonly channels: readonly Named<Omit<ChannelConfig, "devices">>[];
  readonly uplinks: readonly Named<GatewayConfig["uplinks"][number]>[];
};
type Placed = readonly [channel: number, device: DeviceConfig];

/** Drivers and uplinks go by their names. */
export function packConfig(config: GatewayConfig): PackedConfig {
  const head: Head = {
    ...config,
    channels: config.channels.map(({ driver, devices: _, ...rest }) => {
      return { ...rest, type: driver.type };
    }),
    uplinks: config.uplinks.map(({ uplink, ...rest }) => ({ ...rest, type: uplink.type })),
  };
  const slices: Uint8Array[] = [];
  let slice: Placed[] = [];
  let pointCount = 0;
  const end = () => {
    if (slice.length > 0) slices.push(serialize(slice));
    [slice, pointCount] = [[], 0];
  };
  for (const [index, { devices }] of config.channels.entries()) {
    for (const device of devices) {
      slice.push([index, device]);
      pointCount += device.points.length;
      if (pointCount >= POINTS_AT_ONCE) end();
    }
  }
  end();
  return { head: serialize(head), slices };
}

/** The configuration with this thread's own drivers; others have their turn meanwhile. */
export async function unpackConfig(
  { head, slices }: PackedConfig,
  catalogue: Catalogue,
): Promise<GatewayConfig> {
  const { channels, uplinks, ...rest } = deserialize(head) as Head;
  const devices = channels.map((): DeviceConfig[] => []);
  for (const slice of slices) {
    await othersTurn();
    for (const [index, device] of deserialize(slice) as Placed[]) devices[index]?.push(device);
  }
  const [drivers, ways] = [catalogue.drivers, catalogue.uplinks];
  return {
    ...rest,
    channels: await Promise.all(
      channels.map(async ({ type, ...channel }, index): Promise<ChannelConfig> => {
        const driver: Driver = await named(drivers, type);
        return { ...channel, driver, devices: devices[index] ?? [] };
      }),
    ),
    uplinks: await Promise.all(
      uplinks.map(async ({ type, ...own }) => {
        const uplink: Uplink = await named(ways, type);
        return { ...own, uplink };
      }),
    ),
  };
}

async function named<T>(loaders: Readonly<Record<string, () => Promise<T>>>, type: string) {
  const load = loaders[type];
  if (!load) throw new Error(`the catalogue has no "${type}"`);
  return await load();
}
