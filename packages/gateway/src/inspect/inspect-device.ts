import {
  type Connection,
  type InspectHints,
  type Inspection,
  type Interpretation,
  Misconfigured,
} from "@headgate/model";
import type { ChannelConfig, DeviceConfig, GatewayConfig, PointConfig } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";

/** What a person asks for: a device and an address in it, or one of its points. */
export interface InspectRequest {
  /** "main-meter", or "main-meter/voltage". */
  readonly name: string;
  /** "holding:40"; null where a point is named. */
  readonly address: string | null;
  readonly hints: InspectHints;
}

/** Where that is in the configuration, and all that is known of it. */
export interface InspectTarget {
  readonly channel: ChannelConfig;
  readonly device: DeviceConfig;
  readonly point: PointConfig | null;
  readonly address: string | null;
  readonly hints: InspectHints;
}

/** What stands there, what it may mean, and what to write for it. */
export interface InspectReport extends Inspection {
  readonly device: string;
  readonly channel: string;
  /** The point's name, if one was asked for. */
  readonly point: string | null;
  readonly hints: InspectHints;
  /** The likeliest interpretation as it goes into the configuration; null if none fits. */
  readonly line: string | null;
}

/** Finds what is meant; throws `Misconfigured` with the name most likely meant. */
export function findTarget(config: GatewayConfig, request: InspectRequest): InspectTarget {
  const [deviceId = "", pointName] = request.name.split("/");
  for (const channel of config.channels) {
    const device = channel.devices.find(({ id }) => id === deviceId);
    if (device) return targetIn({ channel, device, pointName: pointName ?? null }, request);
  }
  const known = config.channels.flatMap(({ devices }) => devices.map(({ id }) => id));
  throw unknown(`device "${deviceId}"`, deviceId, known);
}

function targetIn(
  found: { channel: ChannelConfig; device: DeviceConfig; pointName: string | null },
  { name, address, hints }: InspectRequest,
): InspectTarget {
  const { channel, device, pointName } = found;
  if (pointName === null) {
    if (address !== null) return { channel, device, point: null, address, hints };
    const advice = `name an address, such as holding:40, or a point, such as ${name}/…`;
    throw new Misconfigured(`inspect "${name}": ${advice}`);
  }
  const point = device.points.find(({ point: { id } }) => id === name);
  if (!point) {
    const ids = device.points.map(({ point: { id } }) => id);
    throw unknown(`point "${name}"`, name, ids);
  }
  return { channel, device, point, address, hints: withOwn(hints, point) };
}

/** What the configuration says of a point serves where nobody said more. */
function withOwn(hints: InspectHints, { unit, condition }: PointConfig): InspectHints {
  return {
    shows: hints.shows,
    unit: hints.unit ?? (unit === "" ? null : unit),
    min: hints.min ?? condition.min,
    max: hints.max ?? condition.max,
  };
}

function unknown(what: string, name: string, known: readonly string[]): Misconfigured {
  const near = nearest(name, known);
  const advice = near ? `did you mean ${near}?` : `known are ${known.join(", ")}`;
  return new Misconfigured(`inspect: no ${what} in the config; ${advice}`);
}

/** Asks the device. Rejects as `Connection.inspect` does. */
export async function inspectTarget(
  connection: Connection,
  target: InspectTarget,
  signal: AbortSignal,
): Promise<InspectReport> {
  const { channel, device, point, address, hints } = target;
  const [some] = device.points;
  if (!connection.inspect || !some) {
    const why = `nothing on a ${channel.driver.type} channel can be read in several ways`;
    throw new Misconfigured(`inspect "${device.id}": ${why}`);
  }
  const place = address ?? point?.point.address;
  const question = { device: some.point.device, address: place, hints };
  const inspection = await connection.inspect(question, signal);
  const [best] = inspection.interpretations;
  const name = point?.point.id.slice(device.id.length + 1) ?? null;
  return {
    ...inspection,
    device: device.id,
    channel: channel.id,
    point: name,
    hints,
    line: best ? lineOf(best, { name: name ?? "new-point", unit: hints.unit }) : null,
  };
}

/** As it stands in a configuration: `voltage: { address: "holding:40", type: float32, … }`. */
function lineOf(
  { settings }: Interpretation,
  { name, unit }: { name: string; unit: string | null },
): string {
  const { address, type, order, scale } = settings;
  const parts = [`address: "${address}"`, `type: ${type}`];
  if (order !== null) parts.push(`order: ${order}`);
  if (scale !== 1) parts.push(`scale: ${scale}`);
  if (unit !== null) parts.push(`unit: ${/^[\w°³/]+$/.test(unit) ? unit : JSON.stringify(unit)}`);
  return `${name}: { ${parts.join(", ")} }`;
}
