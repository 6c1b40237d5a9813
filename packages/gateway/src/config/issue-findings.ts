import { keysAt, nodesAt, type SchemaNode } from "./describe-schema.ts";
import { levelOfKey } from "./key-levels.ts";
import type { HintCode } from "./messages.ts";
import { nearest } from "./nearest.ts";
import type { Finding, Path } from "./problem.ts";

/** A zod issue, as far as it is read here. */
export interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly discriminator?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Where issues come from: the part that was checked. */
export interface Checked {
  readonly path: Path;
  readonly value: unknown;
  readonly node: SchemaNode | null;
  readonly otherKeys: readonly string[];
}

type Draft = Omit<Finding, "path" | "at"> & { readonly at?: "key" | "value" };

/** Issues as findings: each with its place and an advice. */
export function findingsOf(issues: readonly Issue[], checked: Checked): readonly Finding[] {
  const flat = issues.flatMap((issue) => resolveUnion(issue, checked));
  const findings = flat.flatMap((issue) => findingsOfIssue(issue, checked));
  // A misspelt key that must be there is one mistake, not two.
  const meant = findings
    .filter(({ code, hint }) => code === "unknown-key" && hint === "did-you-mean")
    .map(({ path, params }) => JSON.stringify([...path.slice(0, -1), params?.["nearest"]]));
  return findings.filter(({ code, path, params }) => {
    const key = JSON.stringify([...path, params?.["key"]]);
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

const anyOfType = ({ expected }: Issue) => `any ${expected}`;

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
  const draft = draftOf(issue, value, nodes);
  return [{ at: "value", path, ...draft, params: { key: String(path.at(-1)), ...draft.params } }];
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

function draftOf(issue: Issue, value: unknown, nodes: readonly SchemaNode[]): Draft {
  const quantity = nodes.find((node) => node["x-quantity"])?.["x-quantity"];
  const isWrongText = issue.code === "invalid_type" || issue.code === "invalid_format";
  if (quantity && isWrongText) return quantityDraft(quantity, value);
  switch (issue.code) {
    case "invalid_type":
      return typeDraft(issue.expected ?? "another kind of value", value);
    case "invalid_value":
      return choiceDraft(value, issue.values ?? []);
    case "too_small":
    case "too_big":
    case "not_multiple_of":
      return rangeDraft(issue, value, nodes);
    case "custom":
      return customDraft(issue, value);
    default:
      return {
        code: "bad-format",
        params: { value: show(value), why: lower(issue.message) },
        hint: "check-value",
      };
  }
}

function quantityDraft(quantity: "duration" | "size", value: unknown): Draft {
  const params = { value: show(value) };
  if (quantity === "size") return { code: "not-a-size", params, hint: "write-size" };
  if (typeof value !== "number") return { code: "not-a-duration", params, hint: "write-duration" };
  const example = value < 10 ? `${value} s` : `${value} ms`;
  return { code: "not-a-duration", params: { ...params, example }, hint: "write-this" };
}

const typeHints: Readonly<Record<string, HintCode>> = {
  number: "write-number",
  int: "write-number",
  string: "write-text",
  boolean: "write-boolean",
  object: "write-map",
  record: "write-map",
  array: "write-list",
};
/** Terms are put into the reader's language later. */
const typeTerms: Readonly<Record<string, string>> = {
  int: "@int",
  number: "@number",
  string: "@text",
  boolean: "@boolean",
  object: "@map",
  record: "@map",
  array: "@list",
};

function typeDraft(expected: string, value: unknown): Draft {
  const found = foundText(value);
  const hint = typeHints[expected];
  const params = { expected: typeTerms[expected] ?? expected, found, value: show(value) };
  return { code: "wrong-type", params, ...(hint && { hint }) };
}

function foundText(value: unknown): string {
  if (value === null || value === undefined) return "@nothing";
  if (Array.isArray(value)) return "@list";
  if (typeof value === "object") return "@map";
  return JSON.stringify(value);
}

function choiceDraft(value: unknown, values: readonly unknown[]): Draft {
  const known = values.map(String);
  const near = nearest(show(value), known);
  const params = { value: show(value), values: known.join(", ") };
  if (!near) return { code: "unknown-value", params, hint: "use-one-of" };
  return { code: "unknown-value", params: { ...params, nearest: near }, hint: "did-you-mean" };
}

function rangeDraft(issue: Issue, value: unknown, nodes: readonly SchemaNode[]): Draft {
  if (typeof value !== "number") {
    return {
      code: "bad-format",
      params: { value: show(value), why: lower(issue.message) },
      hint: "check-value",
    };
  }
  const node = nodes.find(({ type }) => type === "number" || type === "integer");
  const range = node ? rangeText(node) : lower(issue.message);
  return { code: "out-of-range", params: { value: show(value), range }, hint: "choose-within" };
}

function rangeText({
  minimum,
  maximum = Number.MAX_SAFE_INTEGER,
  exclusiveMinimum,
  exclusiveMaximum,
}: SchemaNode): string {
  if (exclusiveMinimum !== undefined) return `> ${exclusiveMinimum}`;
  if (exclusiveMaximum !== undefined) return `< ${exclusiveMaximum}`;
  if (minimum === undefined) return `≤ ${maximum}`;
  return maximum < Number.MAX_SAFE_INTEGER ? `${minimum} … ${maximum}` : `≥ ${minimum}`;
}

/** What a schema says in its own words: "what is wrong; what to do", or `params.hint`. */
function customDraft({ message, params = {} }: Issue, value: unknown): Draft {
  if (params.code === "out-of-range") {
    const texts = { value: String(params.value), range: String(params.range) };
    return { code: params.code, params: texts, hint: "choose-within" };
  }
  const said = lower(message);
  if (/^(write|give|use|choose) /.test(said)) {
    const why = value === undefined ? "something is missing" : `"${show(value)}" is not right`;
    return { code: "invalid", params: { why, text: said }, hint: "free-text" };
  }
  const [, what, advice] = /^(.+?)(?:; |: (?=one of|write|which))(.+)$/s.exec(said) ?? [];
  const text = typeof params.hint === "string" ? params.hint : (advice ?? "");
  const why = typeof params.hint === "string" ? said : (what ?? said);
  if (!text) return { code: "invalid", params: { why }, hint: "check-value" };
  return {
    code: "invalid",
    params: { why, text: text.replace(/^one of/, "use one of") },
    hint: "free-text",
  };
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let part = value;
  for (const step of path) {
    if (typeof part !== "object" || part === null) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}

function lower(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
