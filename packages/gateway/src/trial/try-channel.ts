import { isDeepStrictEqual } from "node:util";
import { type Clock, type Connection, describeError, type Log } from "@headgate/model";
import type { Channel } from "../channel.ts";
import type { PartChange } from "../compare-configs.ts";
import type { ChannelConfig, DeviceConfig } from "../config/config.ts";
import { type Evidence, said, type TrialItem } from "./evidence.ts";
import { tryDevice } from "./try-device.ts";

/** What a trial is lent; its signal ends it. */
export interface TrialContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Nothing of it is kept. */
  readonly directory: string;
}

/** Tries a channel that is new or changed, and its devices that are. Never rejects. */
export async function tryChannel(
  next: ChannelConfig,
  change: PartChange,
  { running, context }: { running: readonly Channel[]; context: TrialContext },
): Promise<readonly TrialItem[]> {
  const own = running.find(({ config }) => config.id === next.id);
  if (change === "replanned" && own) return await tryOverOpenLine(next, own, context);
  const owner = running.find(({ config }) => isSameLine(config, next));
  if (owner) {
    // A line has one owner: a second client would be refused, or push out the first.
    const evidence = [said("line-in-use", { channel: owner.config.id })];
    return [{ kind: "channel", id: next.id, outcome: "untried", tookMs: 0, evidence }];
  }
  return await tryOverNewLine(next, context);
}

async function tryOverOpenLine(
  next: ChannelConfig,
  own: Channel,
  context: TrialContext,
): Promise<readonly TrialItem[]> {
  const devices = next.devices.filter((device) => !isReadAlike(device, own.config));
  const connection = own.connection();
  if (connection) return await tryEach(devices, connection, context);
  const state = own.state();
  const reason = "reason" in state ? state.reason : "";
  const evidence = [said("line-down", { channel: next.id, reason })];
  return devices.map(({ id }) => {
    return { kind: "device", id, outcome: "untried", tookMs: 0, evidence };
  });
}

async function tryOverNewLine(
  { id, driver, settings, devices }: ChannelConfig,
  context: TrialContext,
): Promise<readonly TrialItem[]> {
  const startedMs = context.clock.monotonicMs();
  const item = (outcome: TrialItem["outcome"], evidence: Evidence): TrialItem => {
    const tookMs = context.clock.monotonicMs() - startedMs;
    return { kind: "channel", id, outcome, tookMs, evidence: [evidence] };
  };
  let connection: Connection;
  try {
    connection = await driver.open(settings, context);
  } catch (error) {
    return [item("bad", said("failed", { reason: describeError(error) }))];
  }
  const line = item("good", said("line-opened"));
  try {
    return [line, ...(await tryEach(devices, connection, context))];
  } finally {
    await connection.close();
  }
}

/** One after the other: a line takes one request at a time. */
async function tryEach(
  devices: readonly DeviceConfig[],
  connection: Connection,
  context: TrialContext,
): Promise<readonly TrialItem[]> {
  const items: TrialItem[] = [];
  for (const device of devices) items.push(await tryDevice(device, connection, context));
  return items;
}

function isReadAlike({ id, points }: DeviceConfig, running: ChannelConfig): boolean {
  const known = running.devices.find((device) => device.id === id);
  const placesOf = (device: DeviceConfig) => device.points.map(({ point }) => point);
  return (
    known !== undefined &&
    isDeepStrictEqual(
      placesOf(known),
      points.map(({ point }) => point),
    )
  );
}

const PLACE = ["host", "port", "path", "url", "endpoint"] as const;

/** The same port of this machine, or of another. */
function isSameLine(one: ChannelConfig, other: ChannelConfig): boolean {
  const placeOf = ({ settings }: ChannelConfig) => {
    const known = (settings ?? {}) as Readonly<Record<string, unknown>>;
    return PLACE.map((key) => known[key]);
  };
  const place = placeOf(one);
  return place.some((part) => part !== undefined) && isDeepStrictEqual(place, placeOf(other));
}
