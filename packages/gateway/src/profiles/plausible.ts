import type { ProfilePoint } from "../config/profile-schema.ts";
import { MEANINGS } from "./meanings.ts";

const PREFIXES: Readonly<Record<string, number>> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9 };

/** How many of its meaning's units one of a point's units is: 1000 for kW. */
function factorOf(unit: string, base: string): number | null {
  if (unit === base) return 1;
  return unit.slice(1) === base ? (PREFIXES[unit.slice(0, 1)] ?? null) : null;
}

/** What a healthy device shows of a point, in the point's unit; null where anything may be. */
export function plausibleRange(
  point: Pick<ProfilePoint, "plausible" | "meaning" | "unit">,
): readonly [number, number] | null {
  if (point.plausible) return point.plausible;
  const meaning = MEANINGS.get(point.meaning ?? "");
  if (!meaning?.plausible) return null;
  const factor = factorOf(point.unit ?? "", meaning.unit);
  if (factor === null) return null;
  const [min, max] = meaning.plausible;
  return [min / factor, max / factor];
}
