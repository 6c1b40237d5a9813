import type { Driver, Point } from "@headgate/model";
import { applyProfile, variantProfile } from "../config/apply-profile.ts";
import { describeSchema, keysAt } from "../config/describe-schema.ts";
import type { Profile } from "../config/profile-schema.ts";
import { plausibleRange } from "../profiles/plausible.ts";
import { type Expectation, expectationsOf } from "../profiles/probe.ts";
import type { Expected } from "./evidence.ts";

/** A point of a candidate: how it is read, and what is expected of it. */
export interface CandidatePoint {
  readonly point: Point;
  readonly scale: number;
  readonly offset: number;
  readonly expected: Expected;
}

/** A profile, in one of its variants, that a device may turn out to be. */
export interface Candidate {
  readonly profile: Profile;
  readonly variant: string | null;
  /** Of any maker: its devices tell themselves what they have. */
  readonly isGeneric: boolean;
  /** Asked first: what tells most for the least. */
  readonly opening: readonly CandidatePoint[];
  readonly points: readonly CandidatePoint[];
  /** Stretches of registers that its points lie in. */
  readonly blockCount: number;
  /** Its own settings of a device: `maxRegisters`, `order`. */
  readonly limits: Readonly<Record<string, unknown>>;
}

/** The same candidates, as points of one device of these settings. */
export function candidatesOf(
  candidates: readonly Candidate[],
  driver: Driver,
  settings: Readonly<Record<string, unknown>>,
): Candidate[] {
  return candidates.map((candidate) => {
    const device = driver.deviceSchema?.parse({ ...candidate.limits, ...settings });
    const own = (points: readonly CandidatePoint[]) =>
      points.map((one) => ({ ...one, point: { ...one.point, device } }));
    return { ...candidate, opening: own(candidate.opening), points: own(candidate.points) };
  });
}

/** Every profile of the driver's family in each of its variants; made once for many devices. */
export function candidatesFor(profiles: readonly Profile[], driver: Driver): Candidate[] {
  return profiles
    .filter(({ driver: family }) => `${driver.type}-`.startsWith(`${family}-`))
    .flatMap((profile) => {
      const names = Object.keys(profile.variants);
      const variants = names.length > 0 ? names : [null];
      return variants.map((variant) => candidateOf({ profile, variant }, driver));
    });
}

function candidateOf(
  { profile, variant }: { readonly profile: Profile; readonly variant: string | null },
  driver: Driver,
): Candidate {
  const applied = applyProfile(profile, { variant, parameters: {}, groups: null });
  const { unitId: _factory, ...limits } = applied.device;
  const own = variantProfile(profile, variant).points;
  const checks = expectationsOf(profile, variant);
  const toPoint = (
    name: string,
    settings: Readonly<Record<string, unknown>>,
    check?: Expectation,
  ) => {
    const known = own.get(name);
    const { scale = 1, offset = 0, unit = "" } = settings as PointInFile;
    const expected: Expected = {
      name,
      meaning: known?.meaning ?? "",
      unit,
      type: String(settings.type ?? ""),
      plausible: known ? plausibleRange(known) : null,
      within: isWritten(profile, variant, name) ? (check?.within ?? null) : null,
      equals: check?.equals ?? null,
    };
    const point = {
      id: name,
      address: driver.addressSchema.parse(placeOf(settings, driver)),
      device: null,
    };
    return { point, scale, offset, expected };
  };
  const points = Object.entries(applied.points).map(([name, settings]) =>
    toPoint(
      name,
      settings,
      checks.find((check) => check.name === name),
    ),
  );
  const isGeneric = Object.values(applied.points).some(({ address }) =>
    /^sunspec:/.test(String(address)),
  );
  const registers = checks
    .filter(({ name }) => !isGeneric && !own.has(name))
    .map((check) => toPoint(check.name, check.point, check));
  const all = [...registers, ...points];
  const blockCount = countBlocks(
    Object.values(applied.points).map(({ address }) => String(address)),
  );
  const opening = openingOf(all);
  return { profile, variant, isGeneric, opening, points: all, blockCount, limits };
}

interface PointInFile {
  readonly scale?: number;
  readonly offset?: number;
  readonly unit?: string;
}

/** Whether a range was written for this point in a probe, narrower than what its meaning has. */
function isWritten(
  { probe = [], variants }: Profile,
  variant: string | null,
  name: string,
): boolean {
  const own = variant === null ? [] : (variants[variant]?.probe ?? []);
  return [...probe, ...own].some(({ point, within }) => point === name && within !== undefined);
}

/** Of what is written of a point, the driver's part: its place, and how it is read there. */
function placeOf(
  settings: Readonly<Record<string, unknown>>,
  { addressSchema }: Driver,
): Record<string, unknown> {
  const keys = keysAt(describeSchema(addressSchema), []);
  const given = keys.filter((key) => settings[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, settings[key]]));
}

const OPENINGS = [
  /^device\.manufacturer$/,
  /^frequency$/,
  /^voltage\.l1n$/,
  /^voltage\./,
  /^(temperature|humidity)$/,
  /./,
];

/** Exact registers if there are, else the quantity that is least often right by chance. */
function openingOf(points: readonly CandidatePoint[]): readonly CandidatePoint[] {
  const exact = points.filter(({ expected }) => expected.equals !== null);
  if (exact.length > 0) return exact;
  for (const pattern of OPENINGS) {
    const found = points.find(({ expected }) => pattern.test(expected.meaning));
    if (found) return [found];
  }
  return points.slice(0, 1);
}

/** Nearer neighbours are one stretch: a device that has one mostly has the other. */
const BLOCK_GAP = 32;

function countBlocks(addresses: readonly string[]): number {
  const places = addresses.flatMap((address): [string, number][] => {
    const [, table, from] = /^(\w+):(\d+)$/.exec(address) ?? [];
    return table === undefined ? [] : [[table, Number(from)]];
  });
  const tables = Map.groupBy(places, ([table]) => table);
  let count = 0;
  for (const own of tables.values()) {
    const sorted = own.map(([, from]) => from).toSorted((a, b) => a - b);
    count += sorted.filter((from, index) => from - (sorted[index - 1] ?? -1e6) > BLOCK_GAP).length;
  }
  return count;
}
