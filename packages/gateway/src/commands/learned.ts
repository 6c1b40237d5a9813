import { join } from "node:path";
import { Misconfigured, silentLog } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import { forgetVariant, VariantMemory } from "../variants/variant-memory.ts";
import { namesIn, unknownName } from "./select-points.ts";

/** What is kept of one device. */
export interface Learned {
  readonly device: string;
  readonly channel: string;
  readonly lines: readonly string[];
  readonly facts: object | null;
}

/** `headgate learned show`: what the gateway has learnt of the devices named, or of all. */
export async function showLearned(
  config: GatewayConfig,
  names: readonly string[],
): Promise<readonly Learned[]> {
  const memory = await VariantMemory.open(config.buffer.path, silentLog);
  const shown = devicesOf(config, names).map(async (one): Promise<Learned> => {
    const { config: device, channel } = one;
    const { lessons } = channel.driver;
    const kept = (await lessons?.show(folderOf(config, channel.id), one.device)) ?? null;
    const known = memory.knownOf(device);
    const own = known ? [`variant ${known.chosen} of ${device.profile}, as it answered`] : [];
    const nothing = lessons ? "nothing kept yet" : `${channel.driver.type} learns nothing`;
    const lines = [...own, ...(kept?.lines ?? [])];
    return {
      device: device.id,
      channel: channel.id,
      lines: lines.length > 0 ? lines : [nothing],
      facts: kept?.facts ?? null,
    };
  });
  return await Promise.all(shown);
}

/** `headgate learned forget`: the devices of which something was kept. */
export async function forgetLearned(
  config: GatewayConfig,
  names: readonly string[],
): Promise<readonly string[]> {
  const forgotten: string[] = [];
  // One after the other: devices of one channel share a file.
  for (const { id, channel, device } of devicesOf(config, names)) {
    const { lessons } = channel.driver;
    const wasLearned = await lessons?.forget(folderOf(config, channel.id), device);
    const wasVariant = await forgetVariant(config.buffer.path, id);
    if (wasLearned || wasVariant) forgotten.push(id);
  }
  return forgotten;
}

/** For people: each device with a line for each thing learnt. */
export function formatLearned(learned: readonly Learned[]): string {
  return learned
    .map(({ device, channel, lines }) => {
      return `${device} (channel ${channel})\n${lines.map((line) => `  ${line}\n`).join("")}`;
    })
    .join("");
}

/** The folder that the running gateway lends the channel. */
function folderOf({ buffer }: GatewayConfig, channelId: string): string {
  return join(buffer.path, "channels", channelId);
}

function devicesOf(config: GatewayConfig, names: readonly string[]) {
  const devices = config.channels.flatMap((channel) =>
    channel.devices.flatMap((device) => {
      const { id, points } = device;
      const [first] = points;
      return first ? [{ id, channel, config: device, device: first.point.device }] : [];
    }),
  );
  const unknown = names.filter((name) => !devices.some(({ id }) => id === name));
  if (unknown.some((name) => name.includes("/"))) {
    throw new Misconfigured(`name a device, not a point: ${unknown.join(", ")}`);
  }
  if (unknown.length > 0) throw unknownName(unknown, namesIn(config));
  return devices.filter(({ id }) => names.length === 0 || names.includes(id));
}
