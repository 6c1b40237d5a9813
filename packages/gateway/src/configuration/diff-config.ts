/** More than a person reads; the rest is counted. */
const CHANGES_MAX = 500;

/** One value that differs; null is nothing there. */
export interface Change {
  /** "devices.tank.points.level.order". */
  readonly path: string;
  readonly old: string | null;
  readonly new: string | null;
}

/** What differs between two configurations, as their files have them; undefined has nothing. */
export function diffConfig(old: unknown, next: unknown): readonly Change[] {
  const [before, after] = [leavesOf(old), leavesOf(next)];
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changes = paths.flatMap((path): Change[] => {
    const [one, other] = [before.get(path) ?? null, after.get(path) ?? null];
    return one === other ? [] : [{ path, old: one, new: other }];
  });
  if (changes.length <= CHANGES_MAX) return changes;
  const rest = changes.length - CHANGES_MAX;
  return [...changes.slice(0, CHANGES_MAX), { path: `… ${rest} more`, old: null, new: null }];
}

function leavesOf(value: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const walk = (part: unknown, path: string) => {
    const isMap = typeof part === "object" && part !== null && !Array.isArray(part);
    if (!isMap || Object.keys(part).length === 0) leaves.set(path, JSON.stringify(part) ?? "");
    else
      for (const [key, inner] of Object.entries(part)) walk(inner, path ? `${path}.${key}` : key);
  };
  if (value !== undefined) walk(value ?? {}, "");
  return leaves;
}
