import { SUNSPEC_MODELS } from "./model.ts";

/** Where a SunSpec device keeps a value: a model, in what repeats a number from 1, a point. */
export interface SunspecPath {
  readonly modelId: number;
  readonly index: number | null;
  readonly pointName: string;
}

const FAMILIES: ReadonlyMap<string, readonly number[]> = new Map([
  ["inverter", [101, 102, 103, 111, 112, 113]],
  ["meter", [201, 202, 203, 204, 211, 212, 213, 214]],
]);

/** Whether it is meant as one: `sunspec:inverter/W`. */
export function isSunspecPath(written: string | number): boolean {
  return String(written).trim().startsWith("sunspec:");
}

/**
 * `sunspec:103/W`, `sunspec:160/2/DCW` for the second input, and several that are tried in order:
 * `sunspec:inverter/WH, 701/TotWhInj`. Or what is wrong with it.
 */
export function parseSunspecPath(written: string | number): readonly SunspecPath[] | string {
  const text = String(written).trim().slice("sunspec:".length);
  const paths = text.split(",").flatMap((one) => readOne(one.trim()));
  const known = paths.filter((path) => path !== null);
  if (known.length === paths.length) return known;
  const hint = "write sunspec:103/W, sunspec:inverter/W, sunspec:meter/W or sunspec:160/1/DCW";
  return `address ${JSON.stringify(written)} is not understood; ${hint}`;
}

function readOne(text: string): readonly (SunspecPath | null)[] {
  const [, who = "", index, pointName = ""] = /^(\w+)(?:\/(\d+))?\/(\w+)$/.exec(text) ?? [];
  const ids = FAMILIES.get(who) ?? [Number(who)];
  const paths = ids.map((modelId): SunspecPath | null => {
    const model = SUNSPEC_MODELS.get(modelId);
    const points = index === undefined ? model?.points : model?.repeated?.points;
    if (!points?.has(pointName) || Number(index) === 0) return null;
    return { modelId, index: index === undefined ? null : Number(index), pointName };
  });
  // A family's models need not all have it.
  return paths.some((path) => path !== null) ? paths.filter((path) => path !== null) : [null];
}
