import type { ConfigVersion } from "@headgate/gateway/api-types";

type Change = ConfigVersion["changes"][number];

export type Subject =
  | "device"
  | "point"
  | "channel"
  | "uplink"
  | "gateway"
  | "buffer"
  | "history"
  | "web"
  | "other";

/** Everything that a change does to one thing, in the words that a technician has for it. */
export interface ToldChange {
  readonly subject: Subject;
  /** "tank", "tank/temperature"; empty where there is one only. */
  readonly id: string;
  readonly what: "added" | "removed" | "changed";
  /** Settings, where it is not added or removed whole. */
  readonly details: readonly Detail[];
  /** Points of a device that is added or removed. */
  readonly pointCount: number;
}

export interface Detail {
  /** "scan"; "points.*.order" where it is one below. */
  readonly key: string;
  readonly old: string | null;
  readonly new: string | null;
}

/** What a thing has from the beginning: with it the whole came or went. */
const FIRST_KEY: Partial<Record<Subject, string>> = {
  device: "channel",
  point: "address",
  channel: "driver",
  uplink: "type",
};
const SECTIONS: Readonly<Record<string, Subject>> = {
  devices: "device",
  channels: "channel",
  uplinks: "uplink",
  gateway: "gateway",
  buffer: "buffer",
  history: "history",
  web: "web",
};
const NAMED: readonly Subject[] = ["device", "channel", "uplink"];

interface Place {
  readonly subject: Subject;
  readonly id: string;
  readonly key: string;
}

/** Groups changed values by the thing that they belong to. */
export function tellChanges(changes: readonly Change[]): readonly ToldChange[] {
  const groups = new Map<string, { place: Place; changes: (Change & { key: string })[] }>();
  for (const change of changes) {
    const place = placeOf(change.path);
    const name = `${place.subject} ${place.id}`;
    const group = groups.get(name) ?? { place, changes: [] };
    group.changes.push({ ...change, key: place.key });
    groups.set(name, group);
  }
  const told = [...groups.values()].map(({ place, changes: own }) => tell(place, own));
  return withoutParts(told);
}

function tell({ subject, id }: Place, own: readonly (Change & { key: string })[]): ToldChange {
  const first = own.find(({ key }) => key === FIRST_KEY[subject]);
  const details = own.map(({ key, old, new: next }) => ({
    key,
    old: plain(old),
    new: plain(next),
  }));
  const base = { subject, id, pointCount: 0 };
  if (first?.old === null) return { ...base, what: "added", details: [] };
  if (first?.new === null) return { ...base, what: "removed", details: [] };
  return { ...base, what: "changed", details };
}

/** Points that came or went with their device are counted there. */
function withoutParts(told: readonly ToldChange[]): readonly ToldChange[] {
  const isWhole = ({ subject, what }: ToldChange) => subject === "device" && what !== "changed";
  const wholes = told.filter(isWhole);
  const ownerOf = ({ subject, id }: ToldChange) =>
    subject === "point" ? wholes.find((whole) => id.startsWith(`${whole.id}/`)) : undefined;
  return told.flatMap((one) => {
    if (ownerOf(one)) return [];
    const pointCount = isWhole(one) ? told.filter((other) => ownerOf(other) === one).length : 0;
    return [{ ...one, pointCount }];
  });
}

function placeOf(path: string): Place {
  const [section = "", name = "", third = "", ...rest] = path.split(".");
  const subject = SECTIONS[section] ?? "other";
  if (subject === "device" && third === "points" && rest.length > 0) {
    const [point = "", ...key] = rest;
    return { subject: "point", id: `${name}/${point}`, key: key.join(".") };
  }
  if (NAMED.includes(subject)) {
    return { subject, id: name, key: [third, ...rest].filter((part) => part !== "").join(".") };
  }
  if (subject === "other") return { subject, id: "", key: path };
  return { subject, id: "", key: path.slice(section.length + 1) };
}

/** JSON's quotation marks help nobody here. */
function plain(value: string | null): string | null {
  return value?.startsWith('"') ? value.slice(1, -1).replaceAll('\\"', '"') : value;
}
