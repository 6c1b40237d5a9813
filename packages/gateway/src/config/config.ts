import type { Driver, Point, PointId, Uplink } from "@headgate/model";

/** A gateway's whole configuration: checked, typed, every default filled in. */
export interface GatewayConfig {
  readonly gateway: { readonly id: string; readonly name: string; readonly timezone: string };
  readonly buffer: BufferConfig;
  readonly history: HistoryConfig;
  readonly channels: readonly ChannelConfig[];
  readonly uplinks: readonly UplinkConfig[];
  readonly web: WebConfig | null;
}

/** Recent values for trends; delivery does not need them. */
export interface HistoryConfig {
  /** Of `history.db` in the buffer's folder; 0 for none. */
  readonly capacityBytesMax: number;
}

/** Where the page and the API are served. */
export interface WebConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Absent: where `host` is no loopback address. */
  readonly tls?: true | undefined;
  /** What those may who have not logged in; absent: viewers on loopback, else nothing. */
  readonly anonymous?: "viewer" | "none" | undefined;
  /** Whose word is taken for whom they ask. */
  readonly trustedProxies?: readonly string[] | undefined;
}

export interface BufferConfig {
  /** Folder of the buffer, the media store and what drivers keep; absolute. */
  readonly path: string;
  readonly capacityBytesMax: number;
  /** Shares of events, of history and of pictures, each on top of `capacityBytesMax`. */
  readonly eventsCapacityBytesMax: number;
  readonly historyCapacityBytesMax: number;
  readonly mediaCapacityBytesMax: number;
  /** Of each: kept though every uplink has it, for a receiver that asks again. */
  readonly keepAckedBytesMax: number;
  /** What no uplink took for so long is given up; infinite where nothing is. */
  readonly keepUnsentMsMax: number;
  /** Newer samples never become minutes. */
  readonly keepRawMs: number;
  /** The declared worst-case loss on a power cut. */
  readonly commitIntervalMs: number;
}

/** One configured line and the devices on it. */
export interface ChannelConfig {
  readonly id: string;
  readonly driver: Driver;
  /** What the driver's `configSchema` made of it. */
  readonly settings: unknown;
  readonly devices: readonly DeviceConfig[];
}

export interface DeviceConfig {
  readonly id: string;
  /** For people; the id where none is given. */
  readonly name: string;
  /** The profile's id, or null. */
  readonly profile: string | null;
  readonly points: readonly PointConfig[];
  /** Present where its profile has variants and none is named: the device tells which it is. */
  readonly variants?: DeviceVariants;
}

/** What a device may be of its profile's variants, and what it turned out to be. */
export interface DeviceVariants {
  /** "several" and "none" leave it with the profile as it stands, until a person names one. */
  readonly verdict: "asking" | "one" | "several" | "none";
  /** Null but for "one"; then the device's points are those of the option. */
  readonly chosen: string | null;
  /** What it answered to that; absent while it was not asked. */
  readonly evidence?: readonly VariantEvidence[];
  readonly options: readonly VariantOption[];
}

/** One variant: its points, and what holds if the device is it. */
export interface VariantOption {
  readonly name: string;
  readonly points: readonly PointConfig[];
  readonly checks: readonly VariantCheck[];
}

/** What a device answered to a check, and whether that speaks for the variant. */
export interface VariantEvidence {
  readonly variant: string;
  /** A point of the profile, or "register 51". */
  readonly what: string;
  /** Its value, or why there is none. */
  readonly said: string;
  readonly isAsExpected: boolean;
}

export interface VariantCheck {
  readonly name: string;
  readonly config: PointConfig;
  readonly within: readonly [min: number, max: number] | null;
  readonly equals: number | string | null;
}

/** What a profile says of a point, beyond where it is. */
export interface PointSense {
  /** A word of the vocabulary of meanings; null where there is none for it. */
  readonly meaning: string | null;
  /** What a healthy device shows, in the point's unit; null where anything may be. */
  readonly plausible: readonly [min: number, max: number] | null;
}

/** A point: where its driver finds it, when it is read and what is made of its raw value. */
export interface PointConfig {
  readonly point: Point;
  readonly deviceId: string;
  readonly acquisition: Acquisition;
  readonly condition: Condition;
  readonly unit: string;
  /** For people; the id's last part where none is given. */
  readonly name: string;
  /** Absent where no profile tells of it. */
  readonly sense?: PointSense;
  readonly access: "read" | "readWrite";
  /** Present where it may be written. */
  readonly writing?: Writing;
  /** Where its samples go: events are sent first and never thinned. */
  readonly stream: "events" | "main";
  /** Fetched from the device's own history after its line was lost. */
  readonly hasHistory?: boolean;
}

/** What a write of a point has to keep to. */
export interface Writing {
  /** In engineering units; null is no limit. */
  readonly min: number | null;
  readonly max: number | null;
  /** Values are whole steps from `min`, or 0; null where any will do. */
  readonly step: number | null;
  /** Least time between two writes; 0 for none. */
  readonly intervalMs: number;
  /** It is selected first; the write must follow within this time. Null where it needs not. */
  readonly selectMs: number | null;
  /** How long the device may take to show the value; 0: it is not read back. */
  readonly verifyMs: number;
  /** How far what is read back may be off; null for what a float32 cannot hold. */
  readonly tolerance: number | null;
}

export type Acquisition =
  /** Read at this interval; also read when one of `onEvent` becomes true. */
  | { readonly kind: "scan"; readonly intervalMs: number; readonly onEvent: readonly PointId[] }
  /** Pushed by the device at this sampling interval. */
  | { readonly kind: "subscribe"; readonly intervalMs: number }
  /** Read only when one of these becomes true, or on demand. */
  | { readonly kind: "event"; readonly onEvent: readonly PointId[] };

/** Raw to engineering value, and which samples are worth keeping. */
export interface Condition {
  /** value = raw * scale + offset; 1 and 0 leave 64-bit integers exact. */
  readonly scale: number;
  readonly offset: number;
  /** Outside, the value is clamped and the sample becomes uncertain; null is no limit. */
  readonly min: number | null;
  readonly max: number | null;
  /** Smallest change worth a sample, in engineering units; 0 is any; null keeps all samples. */
  readonly deadband: number | null;
  /** With a deadband: a sample at least this often though nothing changed. */
  readonly heartbeatMs: number;
}

export interface UplinkConfig {
  readonly id: string;
  readonly uplink: Uplink;
  /** What the uplink's `configSchema` made of it. */
  readonly settings: unknown;
  /** Newest segments of a backlog first, or all as it was taken. */
  readonly order: "newest-first" | "strict";
  /** It may send in clear to another machine. */
  readonly allowPlain?: boolean;
}

/** What may be named in a config file. */
export interface Catalogue {
  readonly drivers: Readonly<Record<string, () => Promise<Driver>>>;
  readonly uplinks: Readonly<Record<string, () => Promise<Uplink>>>;
}
