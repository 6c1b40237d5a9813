import type { PointView } from "../status.ts";

type Texts = Readonly<Record<"en" | "zh", string>>;

/** Its own name, if somebody gave it one; else what it means; else the last part of its id. */
export function pointTitle(
  { id, name, meaning }: Pick<PointView, "id" | "name" | "meaning">,
  meanings: ReadonlyMap<string, Texts>,
  lang: "en" | "zh",
): string {
  const isNamed = name !== id.slice(id.indexOf("/") + 1);
  if (isNamed || meaning === null) return name;
  return meanings.get(meaning)?.[lang] ?? name;
}
