import { type Group, MEANINGS } from "../profiles/meanings.ts";
import type { Profile, ProfilePoint } from "./profile-schema.ts";

/** How one device uses its profile. */
export interface ProfileUse {
  readonly variant: string | null;
  readonly parameters: Readonly<Record<string, number>>;
  /** The groups wanted; null for every point. */
  readonly groups: readonly Group[] | null;
}

/** Points that change slowly need not be read each second. */
const SCANS: Readonly<Partial<Record<Group, string>>> = {
  energy: "10 s",
  quality: "10 s",
  settings: "10 min",
};

/** What a profile gives a device, in the form of the configuration file. */
export interface AppliedProfile {
  readonly device: Readonly<Record<string, unknown>>;
  readonly points: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly scan: string | null;
}

/** A profile's points with variant, document offset and parameters worked in. */
export function applyProfile(profile: Profile, use: ProfileUse): AppliedProfile {
  const variant = use.variant === null ? undefined : profile.variants[use.variant];
  const defaults = { ...profile.defaults, ...variant?.defaults };
  const documentOffset = variant?.documentOffset ?? profile.documentOffset;
  const changes = variant?.points ?? {};
  const names = new Set([...Object.keys(profile.points), ...Object.keys(changes)]);
  const points: Record<string, Record<string, unknown>> = {};
  for (const name of names) {
    const change = changes[name];
    if (change === null) continue;
    const point = { ...profile.points[name], ...change };
    if (point.address === undefined) throw new Error(`point "${name}" has no address`);
    const group = groupOf(point);
    if (use.groups !== null && !use.groups.includes(group)) continue;
    const scan = point.scan ?? defaults.scans?.[group] ?? SCANS[group];
    const whole = {
      ...placed({ ...point, address: point.address }, defaults, documentOffset),
      scan,
    };
    points[name] = filePoint(whole, scaleFactor(profile, point, use.parameters));
  }
  const { unitId, limits } = profile;
  const device = {
    ...limits,
    ...(defaults.order && { order: defaults.order }),
    ...(unitId !== undefined && { unitId }),
  };
  return { device, points, scan: defaults.scan ?? null };
}

/** With table, type and sentinels of the defaults; what a SunSpec model tells itself stays out. */
function placed(point: ProfilePoint, defaults: Profile["defaults"], documentOffset: number) {
  if (typeof point.address === "string") return { deadband: 0, heartbeat: "1 h", ...point };
  const { table = "holding", type } = { ...defaults, ...point };
  const nan = point.nan ?? defaults.nan?.[type ?? "uint16"];
  const wire = point.address + documentOffset;
  if (wire < 0 || wire > 65_535) throw new Error(`wire address ${wire} is out of range`);
  return { ...point, address: `${table}:${wire}`, type, nan };
}

/** A point's own group, or that of its meaning. */
export function groupOf({ group, meaning }: Pick<ProfilePoint, "group" | "meaning">): Group {
  return group ?? MEANINGS.get(meaning ?? "")?.group ?? "instantaneous";
}

function scaleFactor(
  profile: Profile,
  { scaledBy = [] }: { readonly scaledBy?: readonly string[] | undefined },
  parameters: Readonly<Record<string, number>>,
): number {
  const factors = scaledBy.map((name) => {
    const factor = parameters[name] ?? profile.parameters[name]?.default;
    if (factor === undefined) throw new Error(`scaledBy names an unknown parameter "${name}"`);
    return factor;
  });
  return factors.reduce((product, factor) => product * factor, 1);
}

/** What the configuration file knows of a point. */
function filePoint(point: ProfilePoint, factor: number): Record<string, unknown> {
  const { scale = 1 } = point;
  const given = Object.entries(point).filter(
    ([key, value]) => value !== undefined && !ABOUT.has(key),
  );
  return { ...Object.fromEntries(given), scale: exactProduct(scale, factor) };
}

/** Keys that say something of a point, or stand in another form in the configuration file. */
const ABOUT = new Set([
  ...["table", "scale", "scaledBy"],
  ...["meaning", "group", "plausible", "source", "verified"],
]);

/** 0.01 * 40 is 0.4, not 0.40000000000000002. */
function exactProduct(scale: number, factor: number): number {
  return Number((scale * factor).toPrecision(15));
}
