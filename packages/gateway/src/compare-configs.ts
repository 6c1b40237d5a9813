import { isDeepStrictEqual } from "node:util";
import type { ChannelConfig, GatewayConfig, PointConfig, UplinkConfig } from "./config/config.ts";

/** What becomes of a channel or an uplink that differs. */
export type PartChange =
  | "added"
  | "removed"
  /** Its line or session is closed and opened again. */
  | "reopened"
  /** Its line stays open; other devices or points are read over it. */
  | "replanned";

/** What a new configuration takes of a gateway that runs. */
export interface ConfigChange {
  /** Settings that everything hangs on: all begins anew. Else only what is named below does. */
  readonly whole: readonly string[];
  readonly channels: ReadonlyMap<string, PartChange>;
  readonly uplinks: ReadonlyMap<string, PartChange>;
  readonly isWebChanged: boolean;
}

/** What differs, as far as it matters to what runs: names and units do not. */
export function compareConfigs(old: GatewayConfig, next: GatewayConfig): ConfigChange {
  const whole = [
    ...(old.gateway.id === next.gateway.id ? [] : ["gateway.id"]),
    ...(old.gateway.timezone === next.gateway.timezone ? [] : ["gateway.timezone"]),
    ...(isDeepStrictEqual(old.buffer, next.buffer) ? [] : ["buffer"]),
    ...(isDeepStrictEqual(old.history, next.history) ? [] : ["history"]),
  ];
  return {
    whole,
    channels: compareParts(old.channels, next.channels, compareChannels),
    uplinks: compareParts(old.uplinks, next.uplinks, compareUplinks),
    isWebChanged: !isDeepStrictEqual(old.web, next.web),
  };
}

interface Named {
  readonly id: string;
}

function compareParts<P extends Named>(
  old: readonly P[],
  next: readonly P[],
  compare: (one: P, other: P) => PartChange | null,
): ReadonlyMap<string, PartChange> {
  const changes = new Map<string, PartChange>();
  const before = new Map(old.map((part) => [part.id, part]));
  for (const part of next) {
    const known = before.get(part.id);
    const change = known ? compare(known, part) : "added";
    if (change) changes.set(part.id, change);
    before.delete(part.id);
  }
  for (const id of before.keys()) changes.set(id, "removed");
  return changes;
}

function compareChannels(old: ChannelConfig, next: ChannelConfig): PartChange | null {
  if (old === next) return null;
  const isSameLine =
    old.driver.type === next.driver.type && isDeepStrictEqual(old.settings, next.settings);
  const [before, after] = [pointsOf(old), pointsOf(next)];
  // What is known of gaps is told when a channel begins.
  const hasSameHistory = isDeepStrictEqual(
    before.filter(({ hasHistory }) => hasHistory).map(({ point }) => point),
    after.filter(({ hasHistory }) => hasHistory).map(({ point }) => point),
  );
  if (!isSameLine || !hasSameHistory) return "reopened";
  return isDeepStrictEqual(before.map(readingOf), after.map(readingOf)) ? null : "replanned";
}

function compareUplinks(old: UplinkConfig, next: UplinkConfig): PartChange | null {
  const isSame =
    old.uplink.type === next.uplink.type &&
    old.order === next.order &&
    isDeepStrictEqual(old.settings, next.settings);
  return isSame ? null : "reopened";
}

const pointsOf = ({ devices }: ChannelConfig) => devices.flatMap(({ points }) => points);

const readingOf = ({ point, acquisition, condition, stream }: PointConfig) => {
  return { point, acquisition, condition, stream };
};
