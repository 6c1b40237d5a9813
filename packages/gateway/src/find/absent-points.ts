import type { Proposal } from "./found-device.ts";

/** How drivers tell that a device has no such place. Silence, or a moment's trouble, is not it. */
const ABSENT = [
  /^illegal (function|data address|data value) \(exception [123]\)$/,
  /\bno such data\b.* \(error [0-9A-F]{2}\)/,
  /^a meter of this kind has no /,
  /^this device has no SunSpec model with this point$/,
];

/** Whether the device itself says that it does not have this. */
export function isAbsence(reason: string): boolean {
  return ABSENT.some((form) => form.test(reason));
}

type Found = { readonly proposals: readonly Proposal[] };
type Choice = Pick<Proposal, "profile" | "variant">;

/** What to write of a profile's points for a device that lacks some: each of those as null. */
export function pointsWithout(
  { proposals }: Found,
  { profile, variant }: Choice,
): { readonly points?: Readonly<Record<string, null>> } {
  const chosen = proposals.find((one) => one.profile === profile && one.variant === variant);
  const absent = chosen?.absent ?? [];
  if (absent.length === 0) return {};
  return { points: Object.fromEntries(absent.map((name) => [name, null])) };
}
