import type { SchemaNode } from "./describe-schema.ts";
import type { HintCode } from "./messages.ts";
import { nearest } from "./nearest.ts";
import type { Finding } from "./problem.ts";

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

/** A finding without its place. */
export type Draft = Omit<Finding, "path" | "at"> & { readonly at?: "key" | "value" };

/** What one issue says of the value it is about. */
export function draftOf(issue: Issue, value: unknown, nodes: readonly SchemaNode[]): Draft {
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
      return formatDraft(issue, value);
  }
}

function quantityDraft(quantity: "duration" | "size" | "rate", value: unknown): Draft {
  const params = { value: show(value) };
  if (quantity === "rate") return rateDraft(params);
  if (quantity === "size") return { code: "not-a-size", params, hint: "write-size" };
  if (typeof value !== "number") return { code: "not-a-duration", params, hint: "write-duration" };
  const example = value < 10 ? `${value} s` : `${value} ms`;
  return { code: "not-a-duration", params: { ...params, example }, hint: "write-this" };
}

/** Bytes a second are eight times as many bits. */
function rateDraft(params: { readonly value: string }): Draft {
  const [, amount, prefix = ""] =
    /^(\d+(?:\.\d+)?) ?([kM]?)B(?:\/s|ps)$/i.exec(params.value.trim()) ?? [];
  if (amount === undefined) return { code: "not-a-rate", params, hint: "write-rate" };
  const kilo = { "": 1 / 1000, k: 1, m: 1000 }[prefix.toLowerCase()] ?? 1;
  const example = `${8 * Number(amount) * kilo} kbit/s`;
  return { code: "not-a-rate", params: { ...params, example }, hint: "write-this" };
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
export const typeTerms: Readonly<Record<string, string>> = {
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
  return { code: "wrong-type", params, hint: hint ?? "write-kind" };
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
  const params = { value: show(value), values: shortList(known, near) };
  if (!near) return { code: "unknown-value", params, hint: "use-one-of" };
  return { code: "unknown-value", params: { ...params, nearest: near }, hint: "did-you-mean" };
}

/** A whole vocabulary is no help beside the one word that was meant. */
const LIST_MAX = 20;
const LISTED_OF_MANY = 8;

function shortList(known: readonly string[], near: string | null): string {
  if (known.length <= LIST_MAX) return known.join(", ");
  const some = near === null ? known.slice(0, LISTED_OF_MANY) : [near];
  return `${some.join(", ")}, … (${known.length})`;
}

function rangeDraft(issue: Issue, value: unknown, nodes: readonly SchemaNode[]): Draft {
  if (typeof value !== "number") {
    return formatDraft(issue, value);
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
  if (typeof params.hint === "string") {
    return {
      code: "invalid",
      params: { why: lower(message), text: params.hint },
      hint: "free-text",
    };
  }
  const { why, text } = partsOf(message, value);
  if (!text) return { code: "invalid", params: { why }, hint: "check-value" };
  return { code: "invalid", params: { why, text }, hint: "free-text" };
}

const mustStart = /^invalid string: must start with (".*")$/;
const advice = /^(write|give|use|choose) /;

/** "what is wrong; what to do", or only what to do. */
function partsOf(message: string, value: unknown): { readonly why: string; readonly text: string } {
  const said = lower(message).replace(mustStart, "write it with $1 at the start");
  if (advice.test(said)) {
    const why = value === undefined ? "@missing" : `"${show(value)}" is not right`;
    return { why, text: said };
  }
  const [, what, text = ""] = /^(.+?)(?:; |: (?=one of|write|which|give))(.+)$/s.exec(said) ?? [];
  return { why: what ?? said, text: text.replace(/^one of/, "use one of") };
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}

function formatDraft({ message }: Issue, value: unknown): Draft {
  if (value === "" || (Array.isArray(value) && value.length === 0)) {
    return { code: "invalid", params: { why: "@empty" }, hint: "fill-or-remove" };
  }
  const isBare = /must match pattern/.test(message);
  const { why, text } = partsOf(message, value);
  if (text) return { code: "invalid", params: { why, text }, hint: "free-text" };
  const params = { value: show(value), why: isBare ? "@form" : why };
  return { code: "bad-format", params, hint: "check-value" };
}

function lower(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
