import type { Evidence } from "./evidence.ts";

/** What one candidate's points came to. */
export interface Judged<Candidate> {
  readonly candidate: Candidate;
  readonly evidence: readonly Evidence[];
  /** Of its points, how many the device refused. */
  readonly refusedShare: number;
}

/** A candidate that fits, and how surely. */
export interface Ranked<Candidate> {
  readonly candidate: Candidate;
  readonly weight: number;
  /** 0 to 99: nothing read is ever proof. */
  readonly score: number;
}

/**
 * "one": it fits, and nothing else does as well. "several": they cannot be told apart. "weak":
 * they fit, but so may a device of another kind. "none": nothing fits.
 */
export type Verdict = "one" | "several" | "weak" | "none";

/** Below, a stranger's registers may look so by chance. */
const SURE_MIN = 4;
const WEAK_MIN = 1;
/** Two whose weights differ by less than this cannot be told apart: odds of twenty to one. */
const APART_MIN = 3;
const REFUSED_SHARE_MAX = 0.5;
/** What speaks against a candidate must stay small beside what speaks for it. */
const AGAINST_SHARE_MAX = 0.35;

/** What a device is, by what its registers showed of each candidate; best first. */
export function rank<Candidate>(judged: readonly Judged<Candidate>[]): {
  readonly verdict: Verdict;
  readonly fitting: readonly Ranked<Candidate>[];
} {
  const ranked = judged
    .filter(isFitting)
    .map(({ candidate, evidence }): Ranked<Candidate> => {
      const weight = evidence.reduce((sum, one) => sum + one.weight, 0);
      return { candidate, weight, score: scoreOf(weight) };
    })
    .filter(({ weight }) => weight >= WEAK_MIN)
    .toSorted((a, b) => b.weight - a.weight);
  const [best] = ranked;
  if (!best) return { verdict: "none", fitting: [] };
  const near = ranked.filter(({ weight }) => best.weight - weight < APART_MIN);
  if (best.weight < SURE_MIN) return { verdict: "weak", fitting: near };
  const fitting = near.filter(({ weight }) => weight >= SURE_MIN);
  return { verdict: fitting.length > 1 ? "several" : "one", fitting };
}

function isFitting({ evidence, refusedShare }: Judged<unknown>): boolean {
  let pro = 0;
  let contra = 0;
  for (const { weight } of evidence) {
    if (weight > 0) pro += weight;
    else contra -= weight;
  }
  return refusedShare < REFUSED_SHARE_MAX && contra <= pro * AGAINST_SHARE_MAX;
}

/** The odds as a percentage. */
function scoreOf(weight: number): number {
  return Math.min(99, Math.round(100 / (1 + Math.exp((WEAK_MIN - weight) / 1.5))));
}
