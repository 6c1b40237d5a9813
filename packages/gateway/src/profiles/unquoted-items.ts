import { isMap } from "../config/check-shape.ts";
import type { Finding, Path } from "../config/problem.ts";

/** Items of meters that stand there without quotes, so that YAML makes numbers of them. */
export function unquotedItems(profile: unknown): readonly Finding[] {
  if (!isMap(profile) || profile.driver === undefined || profile.driver === "modbus") return [];
  const variants = isMap(profile.variants) ? Object.entries(profile.variants) : [];
  return [
    ...inPoints(profile.points, ["points"]),
    ...variants.flatMap(([name, variant]) =>
      isMap(variant) ? inPoints(variant.points, ["variants", name, "points"]) : [],
    ),
  ];
}

function inPoints(points: unknown, start: Path): readonly Finding[] {
  if (!isMap(points)) return [];
  return Object.entries(points).flatMap(([name, point]): readonly Finding[] => {
    if (!isMap(point) || typeof point.address !== "number") return [];
    const value = String(point.address);
    const params = { expected: "@text", found: value, value };
    const path = [...start, name, "address"];
    return [{ code: "wrong-type", path, at: "value", params, hint: "write-text" }];
  });
}
