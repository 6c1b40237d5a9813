import { applyProfile, pointInFile, variantProfile } from "../config/apply-profile.ts";
import type { ProbeCheck, Profile } from "../config/profile-schema.ts";
import { plausibleRange } from "./plausible.ts";

/** One thing to read of a device, and what it should be. */
export interface Expectation {
  readonly name: string;
  /** In the form of the configuration file. */
  readonly point: Readonly<Record<string, unknown>>;
  readonly within: readonly [min: number, max: number] | null;
  readonly equals: number | string | null;
}

/** What tells most devices: quantities that stay within narrow bounds. */
const TELLING = /^(frequency|voltage\.|power\.factor\.total|temperature$|humidity$)/;

/** What should hold if a device is of this model and variant; empty if nothing is known. */
export function expectationsOf(profile: Profile, variantName: string | null): Expectation[] {
  const variant = variantProfile(profile, variantName);
  const use = { variant: variantName, parameters: {}, groups: null };
  const inFile = applyProfile(profile, use).points;
  const variantProbe = variantName === null ? [] : (profile.variants[variantName]?.probe ?? []);
  const written = [...(profile.probe ?? []), ...variantProbe];
  const telling = [...variant.points].filter(([, { meaning = "" }]) => TELLING.test(meaning));
  const checks = written.length > 0 ? written : telling.map(([point]): ProbeCheck => ({ point }));
  return checks.flatMap((check): Expectation[] => {
    const { point: name, within, equals = null, address, ...place } = check;
    if (name === undefined) {
      if (address === undefined) return [];
      const point = pointInFile({ ...place, address }, variant, 1);
      return [{ name: `register ${address}`, point, within: within ?? null, equals }];
    }
    const known = variant.points.get(name);
    const point = inFile[name];
    if (!known || !point) return [];
    const range = within ?? (equals === null ? plausibleRange(known) : null);
    return [{ name, point, within: range, equals }];
  });
}

/** Whether a value is a zero, as unused registers have it, where nobody expects just that. */
export function isIdleZero(
  { equals }: Pick<Expectation, "equals">,
  value: boolean | number | string | null,
): boolean {
  return equals === null && value === 0;
}

/** Whether a value is as expected. Nothing is expected but that there is one where no range is. */
export function isAsExpected(
  { within, equals }: Pick<Expectation, "within" | "equals">,
  value: boolean | number | string | null,
): boolean {
  if (value === null) return false;
  if (equals !== null) return String(value) === String(equals);
  if (within === null) return true;
  const number = Number(value);
  return number >= within[0] && number <= within[1];
}
