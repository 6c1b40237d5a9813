import type { Schema } from "@headgate/model";
import { adaptQuantities } from "./adapt-quantities.ts";
import { describeSchema } from "./describe-schema.ts";
import { findingsOf, type Issue } from "./issue-findings.ts";
import type { Path, Report } from "./problem.ts";

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
  const node = describeSchema(shape.schema);
  const value = adaptQuantities(shape.value, node);
  try {
    return { value: shape.schema.parse(value) };
  } catch (error) {
    const issues = issuesOf(error);
    const { path, otherKeys = [] } = shape;
    if (issues) findingsOf(issues, { path, value, node, otherKeys }).forEach(report);
    else report({ code: "invalid", path, at: "key", params: { why: textOf(error) } });
    return null;
  }
}

/** By shape, not by class: a driver may bring its own zod. */
function issuesOf(error: unknown): readonly Issue[] | null {
  if (!(error instanceof Error) || !("issues" in error)) return null;
  return Array.isArray(error.issues) ? (error.issues as Issue[]) : null;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
