import type { Schema } from "@headgate/model";
import { adaptQuantities } from "./adapt-quantities.ts";
import { describeSchema } from "./describe-schema.ts";
import type { Issue } from "./issue-draft.ts";
import { findingsOf } from "./issue-findings.ts";
import type { Finding, Path, Report } from "./problem.ts";

/** What a value is checked against, and what else is known at its place. */
export interface Shape<T> {
  readonly path: Path;
  readonly value: unknown;
  readonly schema: Schema<T>;
  /** Keys of the same map that someone else checks: candidates for a misspelt key. */
  readonly otherKeys?: readonly string[];
}

/** Checks one part. Null means that it reported what is wrong. */
export function checkShape<T>(shape: Shape<T>, report: Report): { readonly value: T } | null {
  const first = parseShape(shape);
  if (first.parsed) return first.parsed;
  const depth = shape.path.length + 1;
  const isUnknown = ({ code, path }: Finding) => code === "unknown-key" && path.length === depth;
  const unknown = first.findings.filter(isUnknown);
  if (unknown.length === 0 || !isMap(shape.value)) {
    first.findings.forEach(report);
    return null;
  }
  // A schema does not look further than unknown keys: look again as if the nearest were meant.
  const { value, originals } = renamed(shape.value, unknown, shape.otherKeys);
  unknown.forEach(report);
  for (const finding of parseShape({ ...shape, value }).findings) {
    const { path } = finding;
    const step = String(path[depth - 1]);
    const original = originals.get(step) ?? path[depth - 1];
    const isInside = path.length >= depth && original !== undefined;
    const own = isInside ? [...shape.path, original, ...path.slice(depth)] : path;
    report({ ...finding, path: own });
  }
  return null;
}

/** A map with misspelt keys put right where that overwrites nothing, else left out. */
export function renamed(
  value: Readonly<Record<string, unknown>>,
  unknown: readonly Finding[],
  otherKeys: readonly string[] = [],
): { readonly value: Record<string, unknown>; readonly originals: ReadonlyMap<string, string> } {
  const result = { ...value };
  const originals = new Map<string, string>();
  for (const { path, params, hint } of unknown) {
    const key = String(path.at(-1));
    const near = hint === "did-you-mean" ? params?.nearest : undefined;
    if (near !== undefined && !otherKeys.includes(near) && result[near] === undefined) {
      result[near] = result[key];
      originals.set(near, key);
    }
    delete result[key];
  }
  return { value: result, originals };
}

function parseShape<T>({ path, value: given, schema, otherKeys = [] }: Shape<T>): {
  readonly parsed: { readonly value: T } | null;
  readonly findings: readonly Finding[];
} {
  const node = describeSchema(schema);
  const value = adaptQuantities(given, node);
  try {
    return { parsed: { value: schema.parse(value) }, findings: [] };
  } catch (error) {
    const issues = issuesOf(error);
    if (issues) {
      return { parsed: null, findings: findingsOf(issues, { path, value, node, otherKeys }) };
    }
    const why = error instanceof Error ? error.message : String(error);
    return {
      parsed: null,
      findings: [
        {
          code: "invalid",
          path,
          at: "key",
          params: { why, key: String(path.at(-1)) },
          hint: "check-value",
        },
      ],
    };
  }
}

/** By shape, not by class: a driver may bring its own zod. */
function issuesOf(error: unknown): readonly Issue[] | null {
  if (!(error instanceof Error) || !("issues" in error)) return null;
  return Array.isArray(error.issues) ? (error.issues as Issue[]) : null;
}

/** A map in two: the keys one side knows, and the rest. */
export function splitKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
): { readonly own: Record<string, unknown>; readonly rest: Record<string, unknown> } {
  const entries = Object.entries(value);
  return {
    own: Object.fromEntries(entries.filter(([key]) => known.includes(key))),
    rest: Object.fromEntries(entries.filter(([key]) => !known.includes(key))),
  };
}

/** Whether it is a YAML map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
