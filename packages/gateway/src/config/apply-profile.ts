import { type Group, MEANINGS } from "../profiles/meanings.ts";
import { plausibleRange } from "../profiles/plausible.ts";
import type { PointSense } from "./config.ts";
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
  /** What each of them is, which the configuration file cannot say. */
  readonly senses: Readonly<Record<string, PointSense>>;
  readonly scan: string | null;
}

/** A profile as one of its variants has it. */
export interface VariantProfile {
  readonly defaults: Profile["defaults"];
  readonly documentOffset: number;
  readonly points: ReadonlyMap<string, ProfilePoint>;
}

/** A profile with the changes of a variant worked in; null is the profile as it stands. */
export function variantProfile(profile: Profile, name: string | null): VariantProfile {
  const variant = name === null ? undefined : profile.variants[name];
  const points = new Map(Object.entries(profile.points));
  for (const [pointName, change] of Object.entries(variant?.points ?? {})) {
    if (change === null) {
      points.delete(pointName);
      continue;
    }
    const point = { ...points.get(pointName), ...change };
    const { address } = point;
    if (address === undefined) throw new Error(`point "${pointName}" has no address`);
    points.set(pointName, { ...point, address });
  }
  return {
    defaults: { ...profile.defaults, ...variant?.defaults },
    documentOffset: variant?.documentOffset ?? profile.documentOffset,
    points,
  };
}

/** A profile's points with variant, document offset and parameters worked in. */
export function applyProfile(profile: Profile, use: ProfileUse): AppliedProfile {
  const variant = variantProfile(profile, use.variant);
  const { defaults } = variant;
  const points: Record<string, Record<string, unknown>> = {};
  const senses: Record<string, PointSense> = {};
  for (const [name, point] of variant.points) {
    const group = groupOf(point);
    if (use.groups !== null && !use.groups.includes(group)) continue;
    const scan = point.scan ?? defaults.scans?.[group] ?? SCANS[group];
    const factor = scaleFactor(profile, point, use.parameters);
    points[name] = pointInFile({ ...point, scan }, variant, factor);
    senses[name] = { meaning: point.meaning ?? null, plausible: plausibleRange(point) };
  }
  const { unitId, limits } = profile;
  const device = {
    ...limits,
    ...(defaults.order && { order: defaults.order }),
    ...(unitId !== undefined && { unitId }),
  };
  return { device, points, senses, scan: defaults.scan ?? null };
}

/** A point as the configuration file writes it, its scale times a factor. */
export function pointInFile(
  point: ProfilePoint,
  variant: Pick<VariantProfile, "defaults" | "documentOffset">,
  factor: number,
): Record<string, unknown> {
  const { scale = 1 } = point;
  const given = Object.entries(placed(point, variant)).filter(
    ([key, value]) => value !== undefined && !ABOUT.has(key),
  );
  return { ...Object.fromEntries(given), scale: exactProduct(scale, factor) };
}

/** With table, type and sentinels of the defaults; what a SunSpec model tells itself stays out. */
function placed(
  point: ProfilePoint,
  { defaults, documentOffset }: Pick<VariantProfile, "defaults" | "documentOffset">,
): Readonly<Record<string, unknown>> {
  if (typeof point.address === "string") {
    const isSunspec = point.address.startsWith("sunspec:");
    return isSunspec ? { deadband: 0, heartbeat: "1 h", ...point } : point;
  }
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
    const own = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const factor = own ?? profile.parameters[name]?.default;
    if (factor === undefined) throw new Error(`scaledBy names an unknown parameter "${name}"`);
    return factor;
  });
  return factors.reduce((product, factor) => product * factor, 1);
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
