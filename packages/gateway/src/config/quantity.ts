// Durations and sizes as people write them: a number and a unit.

const durationUnitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnitBytes = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

/** What `durationMs` takes, for JSON Schema. */
export const durationPattern = /^\d+(\.\d+)? ?(ms|s|min|h|d)$/;
/** What `sizeBytes` takes, for JSON Schema. */
export const sizePattern = /^\d+(\.\d+)? ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

function measure(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] ?? "";
  if (!match || !Object.hasOwn(units, unit)) return null;
  return Math.round(Number(match[1]) * (units[unit] ?? 0));
}

/** Milliseconds of "500 ms", "1 s", "5 min", "1 h", "7 d"; null for anything else. */
export function durationMs(text: string): number | null {
  return measure(text, durationUnitMs);
}

/** Bytes of "2 GiB" or "500 MB"; null for anything else. */
export function sizeBytes(text: string): number | null {
  return measure(text, sizeUnitBytes);
}

/** The shortest way to write it: 90,000 is "90 s", 300,000 is "5 min". */
export function formatDuration(ms: number): string {
  const units = Object.entries(durationUnitMs).reverse();
  const [unit, factor] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / factor} ${unit}`;
}
