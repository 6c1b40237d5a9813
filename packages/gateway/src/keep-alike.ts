import { isDeepStrictEqual } from "node:util";
import type { ChannelConfig, DeviceConfig, GatewayConfig, PointConfig } from "./config/config.ts";
import { othersTurn } from "./others-turn.ts";

/** Compared at a stretch: a few milliseconds, on slow machines too. */
const POINTS_AT_ONCE_MAX = 500;

/**
 * The next configuration, with the very objects of the old one where both say the same: what did
 * not change is the same to whoever runs it, and in memory once. Others have their turn meanwhile.
 */
export async function keepAlike(old: GatewayConfig, next: GatewayConfig): Promise<GatewayConfig> {
  const before = new Map(old.channels.map((channel) => [channel.id, channel]));
  const slices = new Slices();
  const channels: ChannelConfig[] = [];
  for (const channel of next.channels) {
    const known = before.get(channel.id);
    channels.push(known ? await keepChannel(known, channel, slices) : channel);
  }
  return { ...next, channels };
}

/** Counts what was compared since others had their turn. */
class Slices {
  #count = 0;

  /** True when it is theirs again. */
  isOver(): boolean {
    this.#count = (this.#count + 1) % POINTS_AT_ONCE_MAX;
    return this.#count === 0;
  }
}

async function keepChannel(
  old: ChannelConfig,
  next: ChannelConfig,
  slices: Slices,
): Promise<ChannelConfig> {
  const before = new Map(old.devices.map((device) => [device.id, device]));
  const devices: DeviceConfig[] = [];
  for (const device of next.devices) {
    const known = before.get(device.id);
    devices.push(known ? await keepDevice(known, device, slices) : device);
  }
  const settings = kept(old.settings, next.settings);
  const isSame =
    old.driver === next.driver && settings === old.settings && isSameList(old.devices, devices);
  return isSame ? old : { ...next, settings, devices };
}

async function keepDevice(
  old: DeviceConfig,
  next: DeviceConfig,
  slices: Slices,
): Promise<DeviceConfig> {
  const before = new Map(old.points.map((config) => [config.point.id, config]));
  const points: PointConfig[] = [];
  for (const config of next.points) {
    const known = before.get(config.point.id);
    points.push(known ? kept(known, config) : config);
    if (slices.isOver()) await othersTurn();
  }
  const { points: _, ...own } = next;
  const { points: oldPoints, ...oldOwn } = old;
  if (!isSameList(oldPoints, points)) return { ...next, points };
  return isDeepStrictEqual(oldOwn, own) ? old : { ...next, points: oldPoints };
}

function kept<T>(old: T, next: T): T {
  return isDeepStrictEqual(old, next) ? old : next;
}

function isSameList<T>(old: readonly T[], next: readonly T[]): boolean {
  return old.length === next.length && old.every((part, index) => part === next[index]);
}
