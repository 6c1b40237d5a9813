import { type DeviceIdentity, type LineSearch, type Sample, Unreachable } from "@headgate/model";
import { variantProfile } from "../config/apply-profile.ts";
import { isAbsence } from "./absent-points.ts";
import type { Candidate, CandidatePoint } from "./candidates.ts";
import { type Evidence, type Outcome, weigh, weighHaving, weighName } from "./evidence.ts";
import type { LiveValue, Proposal } from "./found-device.ts";
import { type Judged, rank, type Verdict } from "./rank.ts";

/** What a device turned out to be. */
export interface Identified {
  readonly identity: DeviceIdentity | null;
  readonly verdict: Verdict;
  readonly proposals: readonly Proposal[];
}

/** What speaks so much against a candidate that the rest of it is not read. */
const OPENING_MIN = -0.5;

/** Who answers in a protocol for meters alone is such a meter; which one its items tell. */
const SPOKEN: Evidence = { weight: 4.5, text: "it speaks a meters' protocol" };

interface Asked {
  readonly search: LineSearch;
  /** Made for this device. */
  readonly candidates: readonly Candidate[];
  readonly signal: AbortSignal;
}

/**
 * What one device is: by what it says of itself, then by what each profile makes of its registers.
 * Of each the most telling place is read first, of those that fit there all of them.
 */
export async function identifyDevice(device: unknown, asked: Asked): Promise<Identified> {
  const { search, candidates, signal } = asked;
  const identity = await search.identify(device, signal);
  const makers = candidates.map(({ profile: { manufacturer } }) => manufacturer);
  const judged: (Judged<Candidate> & { readonly read: readonly ReadPoint[] })[] = [];
  const spoken = search.call === undefined ? [] : [SPOKEN];
  const openings = { asked: 0, answered: 0 };
  for (const candidate of candidates) {
    if (signal.aborted) throw new Unreachable("the search was ended");
    const opening = await readPoints(candidate.opening, asked);
    openings.asked++;
    if (opening.every(({ outcome: { kind } }) => kind !== "refused")) openings.answered++;
    if (opening.some(({ evidence: { weight } }) => weight <= OPENING_MIN)) continue;
    const read = await readPoints(candidate.points, asked);
    const refused = read.filter(({ outcome }) => outcome.kind === "refused");
    const evidence = read.map((one) => one.evidence);
    judged.push({
      ...{ candidate, read },
      evidence: [...evidence, ...nameEvidence(candidate, identity, makers), ...spoken],
      refusedShare: refused.length / Math.max(1, read.length),
    });
  }
  const answeredShare = (openings.answered + 1) / (openings.asked + 2);
  const { verdict, fitting } = rank(
    judged.map((one) => {
      const having = weighHaving(one.candidate.blockCount, answeredShare);
      return one.refusedShare > 0 ? one : { ...one, evidence: [...one.evidence, having] };
    }),
  );
  const proposals = fitting.map(({ candidate, score }): Proposal => {
    const { profile, variant } = candidate;
    const own = judged.find((one) => one.candidate === candidate)?.read ?? [];
    const ofVariant = variant === null ? undefined : profile.variants[variant];
    return {
      profile: profile.id,
      variant,
      variantName: ofVariant?.name ?? null,
      name: profile.name,
      models: ofVariant?.models ?? profile.models,
      score,
      values: keyValues(own),
      absent: absentOf(candidate, own),
    };
  });
  return { identity, verdict, proposals };
}

/** Registers of a probe are no points. */
function absentOf({ profile, variant }: Candidate, read: readonly ReadPoint[]): readonly string[] {
  const { points } = variantProfile(profile, variant);
  const names = read.flatMap(({ point, isAbsent }) => (isAbsent ? [point.expected.name] : []));
  return names.filter((name) => points.has(name));
}

function nameEvidence(
  { profile, variant, isGeneric }: Candidate,
  identity: DeviceIdentity | null,
  makers: readonly string[],
): readonly Evidence[] {
  if (identity === null || isGeneric) return [];
  const said = `${identity.manufacturer} ${identity.model}`.trim();
  const ofVariant = variant === null ? [] : (profile.variants[variant]?.models ?? []);
  const models = [...profile.models, ...ofVariant];
  return said === "" ? [] : [weighName(said, { ...profile, models }, makers)];
}

interface ReadPoint {
  readonly point: CandidatePoint;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly isAbsent: boolean;
}

async function readPoints(
  points: readonly CandidatePoint[],
  { search, signal }: Asked,
): Promise<readonly ReadPoint[]> {
  const samples = await search.read(
    points.map(({ point }) => point),
    signal,
  );
  return points.map((point, index): ReadPoint => {
    const sample = samples[index];
    const outcome = outcomeOf(sample, point);
    const isAbsent = sample?.quality === "bad" && isAbsence(sample.reason ?? "");
    return { point, outcome, evidence: weigh(point.expected, outcome), isAbsent };
  });
}

/** In the point's unit, without the noise of multiplying by 0.1. */
export function outcomeOf(sample: Sample | undefined, { scale, offset }: CandidatePoint): Outcome {
  if (!sample || sample.quality === "bad") {
    const reason = sample?.reason ?? "";
    if (/^not (a number|bcd|text)/.test(reason)) return { kind: "nonsense" };
    return /^not available|has no SunSpec model/.test(reason)
      ? { kind: "empty" }
      : { kind: "refused" };
  }
  const { value } = sample;
  if (typeof value !== "number" && typeof value !== "bigint") return { kind: "value", value };
  return { kind: "value", value: Number((Number(value) * scale + offset).toPrecision(12)) };
}

/** What stands on a device's display, or next to it. */
const KEY_MEANINGS = [
  /^voltage\.l1n$/,
  /^(power\.active\.total|power\.output|power\.grid)$/,
  /^frequency$/,
  /^energy\.(active\.import|output)$/,
  /^(temperature|humidity|flow\.volume|battery\.soc|gas\.ammonia)$/,
];
const VALUES_MAX = 4;

function keyValues(read: readonly ReadPoint[]): readonly LiveValue[] {
  const values = read.flatMap(({ point: { expected }, outcome }): LiveValue[] => {
    if (outcome.kind !== "value" || typeof outcome.value === "boolean") return [];
    const { name, meaning, unit } = expected;
    return [{ point: name, meaning, value: outcome.value, unit }];
  });
  const key = KEY_MEANINGS.flatMap(
    (pattern) => values.find(({ meaning }) => pattern.test(meaning)) ?? [],
  );
  const others = values.filter((one) => !key.includes(one));
  return [...key, ...others].slice(0, key.length > 0 ? Math.min(key.length, VALUES_MAX) : 3);
}
