import { Misconfigured } from "@headgate/model";
import type { ChannelConfig, GatewayConfig, PointConfig } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";

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
  if (unknown.length > 0) throw unknownName(unknown, namesIn(config));
  return selections;
}

/** Every name a point or device of this config can be called by. */
export function namesIn(config: GatewayConfig): ReadonlySet<string> {
  const devices = config.channels.flatMap((channel) => channel.devices);
  return new Set(devices.flatMap(({ id, points }) => [id, ...points.map(({ point }) => point.id)]));
}

/** With the name most likely meant, else the points or devices there are. */
export function unknownName(unknown: readonly string[], known: ReadonlySet<string>): Misconfigured {
  const what = `no device or point "${unknown.join('", "')}" in the config`;
  const near = unknown.flatMap((name) => nearestName(name, known) ?? []);
  if (near.length > 0) return new Misconfigured(`${what}; did you mean ${near.join(", ")}?`);
  const [device = ""] = unknown[0]?.split("/") ?? [];
  const own = [...known].filter((name) => name.startsWith(`${device}/`)).join(", ");
  const devices = [...known].filter((name) => !name.includes("/")).join(", ");
  return new Misconfigured(`${what}; known are ${own || devices}`);
}

/** A device for a device, a point for a point: first of the device named, then of any. */
function nearestName(name: string, known: ReadonlySet<string>): string | null {
  const [device = "", point] = name.split("/");
  const isPoint = point !== undefined;
  const alike = [...known].filter((other) => other.includes("/") === isPoint);
  if (!isPoint || !known.has(device)) return nearest(name, alike);
  const own = alike.filter((other) => other.startsWith(`${device}/`));
  const near = nearest(
    point,
    own.map((other) => other.slice(device.length + 1)),
  );
  return near === null ? null : `${device}/${near}`;
}

const namesOf = ({ deviceId, point }: PointConfig) => [deviceId, point.id];
