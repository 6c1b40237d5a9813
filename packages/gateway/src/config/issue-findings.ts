import { keysAt, nodesAt, type SchemaNode } from "./describe-schema.ts";
import { type Draft, draftOf, type Issue, typeTerms } from "./issue-draft.ts";
import { levelOfKey } from "./key-levels.ts";
import { nearest } from "./nearest.ts";
import type { Finding, Path } from "./problem.ts";

/** Where issues come from: the part that was checked. */
export interface Checked {
  readonly path: Path;
  readonly value: unknown;
  readonly node: SchemaNode | null;
  readonly otherKeys: readonly string[];
}

/** Issues as findings: each with its place and an advice. */
export function findingsOf(issues: readonly Issue[], checked: Checked): readonly Finding[] {
  const flat = issues.flatMap((issue) => resolveUnion(issue, checked));
  const findings = flat.flatMap((issue) => findingsOfIssue(issue, checked));
  // A misspelt key that must be there is one mistake, not two.
  const meant = findings
    .filter(({ code, hint }) => code === "unknown-key" && hint === "did-you-mean")
    .map(({ path, params }) => JSON.stringify([...path.slice(0, -1), params?.nearest]));
  return findings.filter(({ code, path, params }) => {
    const key = JSON.stringify([...path, params?.key]);
    return code !== "missing-key" || !meant.includes(key);
  });
}

/** Of a union only the branch that fits best speaks. */
function resolveUnion(issue: Issue, checked: Checked): readonly Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const branches = issue.errors ?? [];
  // Whoever wrote the schema knows better what its branches mean together.
  if (issue.message !== "Invalid input") return [{ ...issue, code: "custom" }];
  if (branches.length === 0) {
    const path = [...issue.path];
    if (issue.discriminator !== undefined && path.at(-1) !== issue.discriminator) {
      path.push(issue.discriminator);
    }
    const values = nodesAt(checked.node, path as Path).flatMap((node) => choices(node));
    return [{ ...issue, code: "invalid_value", path, values: [...new Set(values)] }];
  }
  const isFlat = branches.every((branch) => branch.every(({ path }) => path.length === 0));
  const plain = branches.flat().filter(({ code }) => code === "invalid_type");
  const values = branches.flat().flatMap((part) => part.values ?? []);
  if (isFlat && values.length > 0) {
    return [{ ...issue, code: "invalid_value", values: [...values, ...plain.map(anyOfType)] }];
  }
  if (isFlat && plain.length === branches.length) {
    const names = plain.map(({ expected = "" }) => typeTerms[expected] ?? expected);
    const expected = [...new Set(names)].join(" / ");
    return [{ ...issue, code: "invalid_type", expected }];
  }
  const weight = (branch: readonly Issue[]) =>
    branch.reduce((sum, { code, path }) => {
      const isWrongKind = code === "invalid_value" || (code === "invalid_type" && !path.length);
      return sum + (isWrongKind ? 10 : 1);
    }, 0);
  const best = branches.toSorted((a, b) => weight(a) - weight(b))[0] ?? [];
  return best.flatMap((part) =>
    resolveUnion({ ...part, path: [...issue.path, ...part.path] }, checked),
  );
}

const anyOfType = ({ expected = "" }: Issue) => typeTerms[expected] ?? expected;

function choices(node: SchemaNode): readonly unknown[] {
  return node.enum ?? (node.const === undefined ? [] : [node.const]);
}

function findingsOfIssue(issue: Issue, checked: Checked): readonly Finding[] {
  const inner = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const path = [...checked.path, ...inner];
  const value = valueAt(checked.value, inner);
  if (issue.code === "unrecognized_keys") {
    const known = [...keysAt(checked.node, inner), ...(inner.length ? [] : checked.otherKeys)];
    return (issue.keys ?? []).map((key) => ({
      ...unknownKey(key, known),
      path: [...path, key],
      at: "key",
    }));
  }
  if (value === undefined && inner.length > 0 && issue.code !== "custom") {
    return [{ ...missingKey(issue, inner), path: path.slice(0, -1), at: "key" }];
  }
  const nodes = nodesAt(checked.node, inner);
  const draft = described(draftOf(issue, value, nodes), nodes);
  return [{ at: "value", path, ...draft, params: { key: String(path.at(-1)), ...draft.params } }];
}

/** Where there is no better advice, what the schema says of the key. */
function described(draft: Draft, nodes: readonly SchemaNode[]): Draft {
  const text = nodes.find(({ description }) => description !== undefined)?.description;
  if (draft.hint !== "check-value" || text === undefined) return draft;
  return { ...draft, params: { ...draft.params, text }, hint: "free-text" };
}

function unknownKey(key: string, known: readonly string[]): Draft {
  const near = nearest(key, known);
  const level = near?.toLowerCase() === key.toLowerCase() ? null : levelOfKey(key);
  if (level)
    return { code: "unknown-key", params: { key, level: `@${level}` }, hint: "belongs-to" };
  if (near) return { code: "unknown-key", params: { key, nearest: near }, hint: "did-you-mean" };
  const keys = known.toSorted().join(", ");
  return {
    code: "unknown-key",
    params: { key, keys },
    hint: keys ? "known-keys" : "nothing-known",
  };
}

function missingKey(issue: Issue, inner: readonly (string | number)[]): Draft {
  const key = String(inner.at(-1));
  const values = (issue.values ?? []).join(", ");
  return { code: "missing-key", params: { key, values }, hint: values ? "add-one-of" : "add-key" };
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let part = value;
  for (const step of path) {
    if (typeof part !== "object" || part === null) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}
