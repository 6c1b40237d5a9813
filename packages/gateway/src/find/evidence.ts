import { MEANINGS } from "../profiles/meanings.ts";

/** What came of one point of a candidate. */
export type Outcome =
  | { readonly kind: "value"; readonly value: number | string | boolean }
  /** The registers say themselves that there is none. */
  | { readonly kind: "empty" }
  /** The bits are no value of its type. */
  | { readonly kind: "nonsense" }
  /** The device has no such place. */
  | { readonly kind: "refused" };

/** What is known of a point before it is read. */
export interface Expected {
  readonly name: string;
  readonly meaning: string;
  readonly unit: string;
  readonly type: string;
  /** In the point's unit; null where anything may be. */
  readonly plausible: readonly [number, number] | null;
  readonly within: readonly [number, number] | null;
  readonly equals: number | string | null;
}

/** For or against a profile: natural logarithms of odds, so that they add up. */
export interface Evidence {
  readonly weight: number;
  /** For people, where it says something: "frequency 49.98 Hz". */
  readonly text: string;
}

const NOTHING: Evidence = { weight: 0, text: "" };

/** Weighs one point: does a healthy device of this model show such a value? */
export function weigh(expected: Expected, outcome: Outcome): Evidence {
  const { name, meaning, equals, within } = expected;
  const isTelling = equals !== null || within !== null || TELLING.test(meaning);
  if (outcome.kind === "refused") {
    return { weight: isTelling ? -2.5 : -0.8, text: `${name} is refused` };
  }
  if (outcome.kind === "empty") return NOTHING;
  if (outcome.kind === "nonsense") return { weight: -2, text: `${name} is no number` };
  const { value } = outcome;
  const said = `${name} ${value}${expected.unit === "" ? "" : ` ${expected.unit}`}`;
  if (equals !== null) {
    return { weight: String(value) === String(equals) ? 6 : -6, text: said };
  }
  if (meaning === "device.manufacturer" && typeof value === "string") {
    return { weight: /^[\x20-\x7e]{2,}$/.test(value) ? 6 : -2, text: said };
  }
  if (typeof value !== "number") return NOTHING;
  return { weight: weighNumber(expected, value), text: said };
}

const TELLING = /^(frequency|voltage\.l|power\.factor|temperature$|humidity$)/;

function weighNumber(expected: Expected, value: number): number {
  const { meaning, within, plausible, type } = expected;
  // Registers that are not used are zero: within bounds it says nothing.
  if (value === 0 && within !== null && isWithin(0, within)) return 0;
  if (within !== null) return isWithin(value, within) ? 1.5 : -4;
  const base = value * factorOf(expected);
  if (meaning === "frequency") return weighFrequency(base);
  if (/^voltage\.l\d?n$/.test(meaning)) return weighVoltage(base, PHASE_VOLTS);
  if (/^voltage\.l(\d\d|l)$/.test(meaning)) return weighVoltage(base, LINE_VOLTS);
  if (/^power\.factor/.test(meaning)) return weighFactor(base);
  if (/^float/.test(type) && !isOfThisWorld(value)) return -2;
  if (plausible !== null && !isWithin(value, plausible)) return -3;
  if (value === 0) return 0;
  if (/^(temperature|humidity|battery\.soc)$/.test(meaning)) return 0.7;
  return /^float/.test(type) ? 0.3 : 0.05;
}

/** Grids hold their frequency within a few tenths. */
function weighFrequency(hertz: number): number {
  if (Math.abs(hertz - 50) <= 1 || Math.abs(hertz - 60) <= 1) return 3;
  if (hertz >= 45 && hertz <= 65) return -0.5;
  return hertz === 0 ? -1.5 : -4;
}

/** Nominal voltages of a phase, also behind transformers of 100 V. */
const PHASE_VOLTS = [230, 120, 277, 57.7] as const;
const LINE_VOLTS = [400, 208, 480, 100] as const;
const NOMINAL_SHARE_MAX = 0.15;

function weighVoltage(volts: number, nominals: readonly number[]): number {
  if (volts === 0) return -0.7;
  const isNominal = nominals.some((one) => Math.abs(volts - one) <= one * NOMINAL_SHARE_MAX);
  if (isNominal) return 2;
  return volts > 40 && volts < 1000 ? -1 : -4;
}

function weighFactor(value: number): number {
  if (value === 0) return -0.3;
  if (Math.abs(value) > 1) return -4;
  return Math.abs(value) > 0.05 ? 1.5 : 0;
}

/** Nobody measures 2.4e-41 or -1.5e14: bits of something else. */
function isOfThisWorld(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-4 && size <= 1e10);
}

const isWithin = (value: number, [min, max]: readonly [number, number]) =>
  value >= min && value <= max;

const PREFIXES: Readonly<Record<string, number>> = { m: 1e-3, k: 1e3, M: 1e6 };

/** What one of the point's units is in that of its meaning. */
function factorOf({ meaning, unit }: Expected): number {
  const base = MEANINGS.get(meaning)?.unit ?? unit;
  if (unit === base || unit.slice(1) !== base) return 1;
  return PREFIXES[unit.slice(0, 1)] ?? 1;
}

/** Alone it makes nobody sure. */
const HAVING_MAX = 2.5;

/** That a device has all of a model's places tells the more, the fewer of all models' it has. */
export function weighHaving(blockCount: number, answeredShare: number): Evidence {
  const weight = Math.min(HAVING_MAX, -blockCount * Math.log(answeredShare));
  return { weight, text: "has all of its registers" };
}

/** What a device says of itself speaks for its maker's models, and against all others'. */
export function weighName(
  said: string,
  { manufacturer, models }: { readonly manufacturer: string; readonly models: readonly string[] },
  makers: readonly string[],
): Evidence {
  const text = `it says ${said}`;
  const words = new Set(wordsOf(said));
  const isNamed = (maker: string) => words.has(wordsOf(maker)[0] ?? "");
  const whole = wordsOf(said).join("");
  if (models.some((model) => model.length >= MODEL_LENGTH_MIN && whole.includes(joined(model)))) {
    return { weight: 6, text };
  }
  if (isNamed(manufacturer)) return { weight: 3, text };
  return makers.some(isNamed) ? { weight: -6, text } : NOTHING;
}

/** Shorter names of models are found in any text. */
const MODEL_LENGTH_MIN = 4;
const wordsOf = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
const joined = (text: string) => wordsOf(text).join("");
