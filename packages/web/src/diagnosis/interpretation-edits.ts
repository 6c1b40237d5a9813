import type { InspectAnswer } from "@headgate/gateway/api-types";

type Settings = InspectAnswer["interpretations"][number]["settings"];

/** A place of the configuration, and what is to be there; null takes it away. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: string | number | null;
}

/** What an interpretation is to be used for. */
export interface Use {
  readonly device: string;
  /** Its name within the device. */
  readonly point: string;
  /** Its points come from a device model, which is changed key by key. */
  readonly hasProfile: boolean;
  /** The order holds for all points of the device that say none themselves. */
  readonly isForDevice: boolean;
  /** Of a point that is new. */
  readonly unit?: string | null;
}

/** The edits that make a point be read as it was interpreted. */
export function interpretationEdits(settings: Settings, use: Use): readonly Edit[] {
  const { address, type, order, scale } = settings;
  const { device, point, hasProfile, isForDevice, unit = null } = use;
  const at = (key: string) => ["devices", device, "points", point, key];
  // Where a model has a scale, leaving it out would bring that back.
  const ofScale = scale !== 1 || hasProfile ? scale : null;
  return [
    { path: at("address"), value: address },
    { path: at("type"), value: type },
    { path: at("order"), value: isForDevice ? null : order },
    { path: at("scale"), value: ofScale },
    ...(unit === null ? [] : [{ path: at("unit"), value: unit }]),
    ...(isForDevice && order !== null
      ? [{ path: ["devices", device, "order"], value: order }]
      : []),
  ];
}
