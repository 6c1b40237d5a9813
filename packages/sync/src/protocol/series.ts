import type { Sample, Value } from "@headgate/model";

/** Samples of one point in a row, as JSON: names in it, columns, exceptions to good quality. */
export interface Series {
  readonly p: string;
  /** Milliseconds since the block's `t0`. */
  readonly t: readonly number[];
  /** As JSON has them; null where bad; by `y`, text for what JSON has not. */
  readonly v: readonly (string | number | boolean | null)[];
  /** int: decimal text of any size. float: numbers, or NaN, Infinity, -Infinity and -0 as text. */
  readonly y?: "int" | "float";
  /** `[index, "uncertain"]` or `[index, "bad", reason]`. */
  readonly q?: readonly (readonly [number, "uncertain"] | readonly [number, "bad", string])[];
}

type Kind = "int" | "float" | "number" | "plain";

interface Open {
  p: string;
  t: number[];
  v: (string | number | boolean | null)[];
  kind: Kind | undefined;
  q: ([number, "uncertain"] | [number, "bad", string])[];
}

/** Groups a block's samples; neighbours of one point and like values share a series. */
export function toSeries(samples: readonly Sample[], fromMs: number): Series[] {
  const all: Open[] = [];
  const latest = new Map<string, Open>();
  for (const sample of samples) {
    const kind = sample.quality === "bad" ? undefined : kindOf(sample.value);
    let open = latest.get(sample.pointId);
    if (open === undefined || !isLike(open.kind, kind)) {
      open = { p: sample.pointId, t: [], v: [], kind: undefined, q: [] };
      latest.set(sample.pointId, open);
      all.push(open);
    }
    if (kind !== undefined && open.kind !== "float") open.kind = kind;
    const index = open.t.push(sample.timestampMs - fromMs) - 1;
    if (sample.quality === "bad") open.q.push([index, "bad", sample.reason]);
    if (sample.quality === "uncertain") open.q.push([index, "uncertain"]);
    open.v.push(sample.quality === "bad" ? null : toJson(sample.value, kind));
  }
  return all.map(({ p, t, v, kind, q }) => ({
    p,
    ...(kind === "int" || kind === "float" ? { y: kind } : {}),
    t,
    v,
    ...(q.length > 0 ? { q } : {}),
  }));
}

function kindOf(value: Value): Kind {
  if (typeof value === "bigint") return "int";
  if (typeof value !== "number") return "plain";
  return Number.isFinite(value) && !Object.is(value, -0) ? "number" : "float";
}

function isLike(a: Kind | undefined, b: Kind | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  return (a === "float" && b === "number") || (a === "number" && b === "float");
}

function toJson(value: Value, kind: Kind | undefined): string | number | boolean {
  if (kind === "float") return Object.is(value, -0) ? "-0" : String(value);
  return typeof value === "bigint" ? value.toString() : value;
}
