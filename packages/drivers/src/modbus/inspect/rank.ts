import type { InspectReason, InspectVerdict } from "@headgate/model";
import { digitsShown } from "./display.ts";
import { FORMS, type Form, type Reading, readAs, timesTenTo } from "./readings.ts";
import { type Evidence, EXPONENTS, weighForm, weighValue } from "./weigh.ts";

/** One interpretation with its weight; `value` is scaled. */
export interface Ranked extends Reading {
  readonly exponent: number;
  readonly value: number;
  readonly score: number;
  /** Its share of all chances, with those that differ in nothing but a sign that is not there. */
  readonly share: number;
  readonly reasons: readonly InspectReason[];
}

export interface Ranking {
  readonly ranked: readonly Ranked[];
  readonly verdict: InspectVerdict;
}

/** More are no help to anybody. */
const RANKED_MAX = 12;
/** Below the best by more than this many powers of ten. */
const BEHIND_MAX = 4;
const CERTAIN_SHARE_MIN = 0.9;
const LIKELY_SHARE_MIN = 0.6;

/** Every interpretation that fits, the likeliest first. */
export function rank(evidence: Evidence): Ranking {
  const all = FORMS.flatMap((form) => weighed(form, evidence));
  const sorted = all.toSorted((a, b) => b.score - a.score || rankOfPlace(a) - rankOfPlace(b));
  const [best] = sorted;
  if (!best) return { ranked: [], verdict: "none" };
  const single = simplestFirst(withoutTwins(sorted));
  const chances = single.map(({ score }) => 10 ** (score - best.score));
  const sum = chances.reduce((total, one) => total + one, 0);
  const ranked = single
    .slice(0, RANKED_MAX)
    .filter(({ score }) => score >= best.score - BEHIND_MAX)
    .map((one, index) => ({ ...one, share: (chances[index] as number) / sum }));
  return { ranked: ranked.map((one) => tellAlike(one, ranked)), verdict: judge(ranked, evidence) };
}

type Weighed = Omit<Ranked, "share">;

function weighed(form: Form, evidence: Evidence): Weighed[] {
  const reading = readAs(form, evidence.words);
  if (!reading) return [];
  const values = EXPONENTS.flatMap((exponent) => {
    const value = timesTenTo(reading.raw, exponent);
    const weight = weighValue(form, { value, exponent }, evidence);
    return weight ? [{ exponent, value, weight }] : [];
  });
  if (values.length === 0) return [];
  const own = weighForm(reading, evidence);
  return values.map(({ exponent, value, weight }) => ({
    ...reading,
    exponent,
    value,
    score: own.score + weight.score,
    reasons: [...weight.reasons, ...own.reasons],
  }));
}

const rankOfPlace = ({ offset }: Form) => Math.abs(offset);

/** Odds of two to one decide nothing between two that read the same. */
const TIE_MAX = 0.3;

/** Of those that read what the best reads, and are as likely, the simplest goes first. */
function simplestFirst(sorted: readonly Weighed[]): readonly Weighed[] {
  const [best] = sorted;
  const isTied = (one: Weighed) =>
    best !== undefined && one.value === best.value && best.score - one.score <= TIE_MAX;
  const tied = sorted.filter(isTied).toSorted((a, b) => turnsOf(a) - turnsOf(b));
  return [...tied, ...sorted.filter((one) => !isTied(one))];
}

/** How much has to be turned and moved until it reads so. */
function turnsOf({ type, letters, offset, exponent }: Weighed): number {
  const isTurned = [...letters].some((letter, index) => letter.charCodeAt(0) !== 65 + index);
  const registers = letters.length / 2 + (type.startsWith("bcd") ? 1 : 0);
  return 2 * Math.abs(offset) + Math.abs(exponent) + (isTurned ? 2 : 0) + registers;
}

/** Of int16 and uint16 that read the same only the better stays, and says so. */
function withoutTwins(sorted: readonly Weighed[]): Weighed[] {
  const kept = new Map<string, Weighed>();
  for (const one of sorted) {
    const { type, letters, offset, exponent, value } = one;
    const key = [type.replace(/^u/, ""), letters, offset, exponent, value].join();
    const twin = kept.get(key);
    if (!twin) kept.set(key, one);
    else {
      const reason = { code: "sign-unknown", params: { other: type } } as const;
      kept.set(key, { ...twin, reasons: [...twin.reasons, reason] });
    }
  }
  return [...kept.values()];
}

/** Forms that read the same now will not always. */
function tellAlike(one: Ranked, ranked: readonly Ranked[]): Ranked {
  const [best] = ranked;
  if (one === best || one.value !== best?.value) return one;
  return { ...one, reasons: [...one.reasons, { code: "reads-alike", params: {} }] };
}

/** A coincidence of fewer digits is too frequent to be called certain. */
const CERTAIN_DIGITS_MIN = 3;

/** Without a display there is no certainty: a wrong order can look right. */
function judge(ranked: readonly Ranked[], { display }: Evidence): InspectVerdict {
  const [best] = ranked;
  if (!best) return "none";
  const isShown = best.reasons.some(({ code }) => code === "shows-exactly" || code === "shows-cut");
  const digits = display ? digitsShown(display) : 0;
  if (isShown && digits >= CERTAIN_DIGITS_MIN && best.share >= CERTAIN_SHARE_MIN) return "certain";
  // Near and by a roundabout way is a coincidence until the contrary is shown.
  const isFarFetched = display !== null && !isShown && (best.offset !== 0 || best.exponent !== 0);
  return best.share >= LIKELY_SHARE_MIN && !isFarFetched ? "likely" : "open";
}
