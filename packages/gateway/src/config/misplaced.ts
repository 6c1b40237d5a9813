import type { Path } from "./problem.ts";
import type { Profile } from "./profile-schema.ts";

const WIRE_ADDRESS_MAX = 65_535;

/** A point or check of a profile that has no place on the wire, and why. */
export interface Misplaced {
  readonly path: Path;
  readonly why: string;
}

/** What a shape does not tell: with variants and offset every point must have its place. */
export function misplaced(profile: Profile): readonly Misplaced[] {
  const names = [null, ...Object.keys(profile.variants)];
  return names.flatMap((name) => [...pointsOf(profile, name), ...checksOf(profile, name)]);
}

const startOf = (name: string | null): Path => (name === null ? [] : ["variants", name]);

function offsetOf({ variants, documentOffset }: Profile, name: string | null): number {
  const variant = name === null ? undefined : variants[name];
  return variant?.documentOffset ?? documentOffset;
}

function pointsOf(profile: Profile, variantName: string | null): readonly Misplaced[] {
  const variant = variantName === null ? undefined : profile.variants[variantName];
  const points = new Map(Object.entries(profile.points));
  const changed = new Map(Object.entries(variant?.points ?? {}));
  const isShifted = variant === undefined || variant.documentOffset !== undefined;
  const looked = isShifted ? new Set([...points.keys(), ...changed.keys()]) : changed.keys();
  return [...looked].flatMap((name): readonly Misplaced[] => {
    const change = changed.get(name);
    if (change === null) return [];
    const start = change === undefined ? [] : startOf(variantName);
    const path = [...start, "points", name];
    const address = change?.address ?? points.get(name)?.address;
    if (address === undefined) return [{ path, why: `point "${name}" has no address` }];
    return outside(address, offsetOf(profile, variantName), path);
  });
}

function checksOf(profile: Profile, name: string | null): readonly Misplaced[] {
  const { probe = [] } = (name === null ? profile : profile.variants[name]) ?? {};
  return probe.flatMap(({ address }, index) => {
    if (address === undefined) return [];
    return outside(address, offsetOf(profile, name), [...startOf(name), "probe", index]);
  });
}

/** What lies in the device's chain of models has no address of its own. */
function outside(address: number | string, offset: number, path: Path): readonly Misplaced[] {
  if (typeof address === "string") return [];
  const wire = address + offset;
  if (wire >= 0 && wire <= WIRE_ADDRESS_MAX) return [];
  return [{ path: [...path, "address"], why: `wire address ${wire} is out of range` }];
}
