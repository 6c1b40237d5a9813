import {
  bufferSchema,
  channelSchema,
  deviceSchema,
  gatewaySchema,
  pointSchema,
  uplinkSchema,
} from "./sections.ts";

/** The gateway's own keys of a channel. */
export const channelKeys = Object.keys(channelSchema.shape);
/** The gateway's own keys of an uplink. */
export const uplinkKeys = Object.keys(uplinkSchema.shape);
/** The gateway's own keys of a device. */
export const deviceKeys = Object.keys(deviceSchema.shape);
/** The gateway's own keys of a point. */
export const pointKeys = Object.keys(pointSchema.shape);

const levels: Readonly<Record<string, readonly string[]>> = {
  gateway: Object.keys(gatewaySchema.shape),
  buffer: Object.keys(bufferSchema.shape),
  device: [...deviceKeys, "unitId"],
  point: [...pointKeys, "address"],
};

/** Where a key that is unknown here would be right; null if nowhere or in several places. */
export function levelOfKey(key: string): string | null {
  const found = Object.keys(levels).filter((level) => levels[level]?.includes(key));
  return found.length === 1 ? (found[0] ?? null) : null;
}
