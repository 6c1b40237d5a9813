import { Misconfigured } from "@headgate/model";
import type { ChannelConfig, GatewayConfig, PointConfig } from "../config/config.ts";

export interface Selection {
  readonly channel: ChannelConfig;
  readonly points: readonly PointConfig[];
}

/** The points that `device` or `device/point` names mean, by channel; all without a name. */
export function selectPoints(config: GatewayConfig, names: readonly string[]): Selection[] {
  const isMeant = ({ deviceId, point }: PointConfig) =>
    names.length === 0 || names.includes(deviceId) || names.includes(point.id);
  const selections = config.channels
    .map((channel) => ({
      channel,
      points: channel.devices.flatMap((device) => device.points).filter(isMeant),
    }))
    .filter(({ points }) => points.length > 0);

  const known = new Set(selections.flatMap(({ points }) => points.flatMap(namesOf)));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Misconfigured(`no device or point "${unknown.join('", "')}" in the config`);
  }
  return selections;
}

const namesOf = ({ deviceId, point }: PointConfig) => [deviceId, point.id];
