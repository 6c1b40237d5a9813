import type { Sample } from "@headgate/model";
import type {
  DeviceConfig,
  DeviceVariants,
  GatewayConfig,
  PointConfig,
  VariantCheck,
  VariantEvidence,
  VariantOption,
} from "../config/config.ts";
import { isAsExpected, isIdleZero } from "../profiles/probe.ts";

/** What a device turned out to be. */
export type VariantVerdict = Pick<DeviceVariants, "chosen" | "evidence"> & {
  readonly verdict: "one" | "several" | "none";
};

/** What came of the checks of every option, by the ids of their points. */
export type Answers = ReadonlyMap<string, Sample>;

/** There is no such place, or no number in it; a device that is busy has said nothing yet. */
const ANSWERED = /\(exception [1-4]\)|\(error |^(not (a number|available|bcd|text)|has no)/i;

/** Whether every check has been answered, if only by a refusal: silence tells nothing. */
export function isAnswered(options: readonly VariantOption[], answers: Answers): boolean {
  return options.every(({ checks }) =>
    checks.every(({ config }) => {
      const sample = answers.get(config.point.id);
      return sample?.quality !== "bad" || ANSWERED.test(sample.reason ?? "");
    }),
  );
}

/**
 * The option all of whose checks hold; of two the one that expects more, and includes the other. It
 * is no decision where as much holds for several.
 */
export function decide(options: readonly VariantOption[], answers: Answers): VariantVerdict {
  const fitting = options
    .filter(({ checks }) => isFitting(checks, answers))
    .toSorted((a, b) => b.checks.length - a.checks.length);
  const [best, second] = fitting;
  if (!best) return { verdict: "none", chosen: null };
  if (second?.checks.length === best.checks.length) return { verdict: "several", chosen: null };
  return { verdict: "one", chosen: best.name };
}

/** Of a profile with more checks a person reads no more. */
const EVIDENCE_MAX = 40;
const SAID_CHARACTERS_MAX = 120;

/** What was answered to each check, for people. */
export function evidenceOf(
  options: readonly VariantOption[],
  answers: Answers,
): readonly VariantEvidence[] {
  const all = options.flatMap(({ name: variant, checks }) =>
    checks.map((check): VariantEvidence => {
      const { name: what, config } = check;
      const sample = answers.get(config.point.id);
      const value = answerTo(check, answers);
      const said = sample?.quality === "bad" ? sample.reason : `${value} ${config.unit}`.trim();
      return {
        ...{ variant, what, said: said.slice(0, SAID_CHARACTERS_MAX) },
        isAsExpected: isAsExpected(check, value),
      };
    }),
  );
  return all.slice(0, EVIDENCE_MAX);
}

/** Zeros, as unused registers have them, are neither for it nor against. */
function isFitting(checks: readonly VariantCheck[], answers: Answers): boolean {
  const telling = checks.filter((check) => !isIdleZero(check, answerTo(check, answers)));
  return telling.length > 0 && checks.every((check) => holds(check, answers));
}

function holds(check: VariantCheck, answers: Answers): boolean {
  return isAsExpected(check, answerTo(check, answers));
}

function answerTo({ config }: VariantCheck, answers: Answers) {
  const sample = answers.get(config.point.id);
  return !sample || sample.quality === "bad" ? null : scaled(sample, config);
}

function scaled({ value }: Sample, { condition: { scale, offset } }: PointConfig) {
  if (typeof value !== "number" && typeof value !== "bigint") {
    return typeof value === "string" || typeof value === "boolean" ? value : null;
  }
  return Number((Number(value) * scale + offset).toPrecision(12));
}

/** The device as it is with a verdict: the points of the variant chosen, or of the profile. */
export function withVerdict(
  device: DeviceConfig,
  { verdict, chosen, evidence = [] }: VariantVerdict,
): DeviceConfig {
  if (!device.variants) return device;
  const points = device.variants.options.find(({ name }) => name === chosen)?.points;
  return {
    ...device,
    ...(points && { points }),
    variants: { ...device.variants, verdict, chosen, evidence },
  };
}

/** A configuration with what is known of its devices; who is not known will be asked. */
export function withVariants(
  config: GatewayConfig,
  knownOf: (device: DeviceConfig) => VariantVerdict | null,
): GatewayConfig {
  const channels = config.channels.map((channel) => {
    const devices = channel.devices.map((device) => {
      const known = device.variants && knownOf(device);
      return known ? withVerdict(device, known) : device;
    });
    return { ...channel, devices };
  });
  return { ...config, channels };
}

export function hasVariants({ channels }: GatewayConfig): boolean {
  return channels.some(({ devices }) => devices.some(({ variants }) => variants !== undefined));
}

/** Whether a device is not read yet, since nobody knows how. */
export function isAsking({ variants }: DeviceConfig): boolean {
  return variants?.verdict === "asking";
}

/** Points that are read as they stand. */
export function readPointsOf(devices: readonly DeviceConfig[]): readonly PointConfig[] {
  return devices.filter((device) => !isAsking(device)).flatMap(({ points }) => points);
}
