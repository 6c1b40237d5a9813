/** Points by name, in whatever form they are written. */
type Points = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What differs between the points of two profiles: a line each, "-" gone, "+" new, "~" changed. */
export function diffPoints(before: Points, after: Points): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (!now) return [`- ${name}`];
    if (!old) return [`+ ${name}: ${describe(now)}`];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    const changed = keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
    if (changed.length === 0) return [];
    const parts = changed.map((key) => `${key} ${shown(old[key])} → ${shown(now[key])}`);
    return [`~ ${name}: ${parts.join(", ")}`];
  });
}

function describe(point: Readonly<Record<string, unknown>>): string {
  return Object.entries(point)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${shown(value)}`)
    .join(", ");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
}
