import type { Profile, ProfilePoint } from "./profile-schema.ts";

/** How one device uses its profile. */
export interface ProfileUse {
  readonly variant: string | null;
  readonly parameters: Readonly<Record<string, number>>;
}

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
    const { table, type } = { ...defaults, ...point };
    const nan = point.nan ?? defaults.nan?.[type ?? "uint16"];
    const address = point.address + documentOffset;
    const whole = { ...point, address, table, type, nan };
    points[name] = filePoint(whole, scaleFactor(profile, point, use.parameters));
  }
  const device = { ...profile.limits, ...(defaults.order && { order: defaults.order }) };
  return { device, points, scan: defaults.scan ?? null };
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

/** Everything but a table, which is part of the address, and what only people read. */
function filePoint(point: ProfilePoint, factor: number): Record<string, unknown> {
  const { table = "holding", address, scaledBy, scale = 1, meaning, group, ...rest } = point;
  if (address < 0 || address > 65_535) throw new Error(`wire address ${address} is out of range`);
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const where = `${table}:${address}`;
  return { ...Object.fromEntries(given), address: where, scale: exactProduct(scale, factor) };
}

/** 0.01 * 40 is 0.4, not 0.40000000000000002. */
function exactProduct(scale: number, factor: number): number {
  return Number((scale * factor).toPrecision(15));
}
