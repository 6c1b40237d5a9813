import { Document, isMap } from "yaml";
import type { Family, ImportedPoint } from "./import-table.ts";

/** What a table of points does not tell. */
export interface ProfileHead {
  readonly id: string;
  readonly manufacturer: string;
  readonly models: readonly string[];
  readonly name: { readonly en: string; readonly zh: string };
  readonly driver: Family;
  readonly source: string;
  readonly documentOffset: number;
}

/** A profile's file of imported points: what most of them share stands in `defaults`. */
export function profileYaml(head: ProfileHead, points: ReadonlyMap<string, ImportedPoint>): string {
  const { documentOffset, source, driver, ...about } = head;
  const defaults = sharedOf([...points.values()]);
  const named = Object.fromEntries(
    [...points].map(([name, point]) => [name, withoutShared(point, defaults)]),
  );
  const ratios = new Set([...points.values()].flatMap(({ scaledBy }) => scaledBy ?? []));
  const parameters = [...ratios].map((ratio) => {
    return [String(ratio), { name: { en: String(ratio), zh: String(ratio) }, default: 1 }];
  });
  const document = new Document({
    ...about,
    driver,
    sources: { table: source },
    verified: "manual",
    ...(documentOffset !== 0 && { documentOffset }),
    ...(Object.keys(defaults).length > 0 && { defaults }),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    points: named,
  });
  for (const key of ["name", "defaults", "models"]) flow(document.get(key));
  const written = document.get("points");
  if (isMap(written)) for (const { value } of written.items) flow(value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function flow(node: unknown): void {
  if (typeof node === "object" && node !== null && "flow" in node) node.flow = true;
  else if (isMap(node)) node.flow = true;
}

type Shared = Readonly<Record<"table" | "type" | "order", unknown>>;

function sharedOf(points: readonly ImportedPoint[]): Partial<Shared> {
  const shared = (["table", "type", "order"] as const).flatMap((key) => {
    const counts = new Map<unknown, number>();
    for (const point of points) counts.set(point[key], (counts.get(point[key]) ?? 0) + 1);
    const [most] = [...counts].filter(([value]) => value !== undefined).sort((a, b) => b[1] - a[1]);
    // A point without one would take it over, and mean something else.
    return most && !counts.has(undefined) ? [[key, most[0]]] : [];
  });
  return Object.fromEntries(shared);
}

function withoutShared(point: ImportedPoint, shared: Partial<Shared>): ImportedPoint {
  const own = Object.entries(point).filter(([key, value]) => shared[key as keyof Shared] !== value);
  return Object.fromEntries(own);
}
