import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  visit,
  type YAMLError,
  type YAMLMap,
  YAMLParseError,
} from "yaml";
import { repairFullWidth } from "./full-width.ts";
import type { Finding, Path } from "./problem.ts";
import { parseYaml } from "./yaml-document.ts";
import { chineseReason, withoutEchoes } from "./yaml-errors.ts";

/** A place in the text. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A YAML text: its value, where each part of it stands, and what is wrong with it as YAML. */
export interface Source {
  readonly value: unknown;
  /** As it was given; empty where there was none. */
  readonly text: string;
  /** Mistakes in the YAML itself. */
  readonly problems: readonly { readonly finding: Finding; readonly place: Place }[];
  /** False if the text is so broken that its value means nothing. */
  readonly isReadable: boolean;
  /** The nearest part that exists: a missing key stands where its map does. */
  locate(path: Path, at: "key" | "value"): Place;
}

/** What a text says, without the places of its parts: those take far more memory. */
export type Said = Pick<Source, "value" | "text" | "isReadable">;

type Range = readonly [from: number, to: number];
interface Spot {
  readonly key: Range;
  readonly value: Range;
}

/** The children of a map or list by name, with the ranges of key and value. */
function child(document: Document, node: unknown, step: string | number) {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(target)) return { keyNode: null, valueNode: target.items[Number(step)] };
  if (!isMap(target)) return null;
  const isOf = (key: unknown) => isScalar(key) && String(key.value) === String(step);
  // Of twins the last one counts, as for YAML itself.
  const pair = target.items.findLast(({ key }) => isOf(key));
  return pair ? { keyNode: pair.key, valueNode: pair.value } : null;
}

function rangeOf(node: unknown): Range | null {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : null;
}

function spotAt(document: Document, path: Path): Spot {
  let node: unknown = document.contents;
  let spot: Spot = { key: [0, 0], value: rangeOf(node) ?? [0, 0] };
  for (const step of path) {
    const next = child(document, node, step);
    if (!next) break;
    const value = rangeOf(next.valueNode);
    const key = rangeOf(next.keyNode) ?? value ?? spot.key;
    // A map's own range is its whole body: the key in front of it is where a person looks.
    const isLarge = isMap(next.valueNode) || isSeq(next.valueNode);
    spot = { key, value: value && !isLarge ? value : key };
    node = next.valueNode;
  }
  return spot;
}

function pathAtOffset(document: Document, offset: number): Path {
  const path: (string | number)[] = [];
  let node: unknown = document.contents;
  while (isMap(node)) {
    const pair = node.items.findLast(({ key, value }) => {
      const from = rangeOf(key)?.[0] ?? Number.POSITIVE_INFINITY;
      return from <= offset && offset <= Math.max(from, rangeOf(value)?.[1] ?? from);
    });
    // A key that is a list or a map has no name, and the library may fail to make one.
    if (!pair || !isScalar(pair.key)) break;
    path.push(String(pair.key.value));
    node = pair.value;
  }
  return path;
}

/** Nobody mends more at a time; what follows from the first is left out of them anyway. */
const ERRORS_MAX = 200;

/** The library looks through the whole text for the anchor of each. */
const ALIASES_MAX = 1000;

/** Reads YAML, keeping every place. Anchors and merge keys work; twins of a key are mistakes. */
export function readSource(text: string): Source {
  const value = machineWritten(text);
  if (value === undefined) return readYaml(text);
  let yaml: Source | null = null;
  const locate: Source["locate"] = (path, at) => {
    if (path.length === 0) return { line: 1, column: 1, length: 1 };
    yaml ??= readYaml(text);
    return yaml.locate(path, at);
  };
  return { value, text, problems: [], isReadable: true, locate };
}

/** The same without places. */
export function readSaid(given: string): Said {
  const { value, text, isReadable } = readSource(given);
  return { value, text, isReadable };
}

/**
 * The value of a text that is JSON as a program writes it. JSON is YAML, but read fifty times as
 * fast, which counts with ten thousand points; written back the same, it has no twin keys.
 */
function machineWritten(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isSame = [0, 2].some((indent) => JSON.stringify(value, null, indent) === text.trimEnd());
    return isSame ? value : undefined;
  } catch {
    return undefined; // Not JSON: YAML's flow form begins alike.
  }
}

function readYaml(text: string): Source {
  const lineCounter = new LineCounter();
  const { text: meant, mistakes, originalOffset } = repairFullWidth(text);
  lineCounter.lineStarts = lineStartsOf(text);
  const document = parseYaml(meant, { prettyErrors: false, merge: true });
  const place = (range: Range): Place => {
    const [from, to] = [originalOffset(range[0]), originalOffset(range[1])];
    const { line, col } = lineCounter.linePos(from);
    const lineEnd = text.indexOf("\n", from);
    const end = Math.min(to, lineEnd < 0 ? text.length : lineEnd);
    return { line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(1, end - from) };
  };
  const mistaken = [...document.errors, ...twinKeysIn(document)].slice(0, ERRORS_MAX);
  const errors = withoutEchoes(mistaken, meant).map((error) => {
    const { finding, range } = findingOf(error, document);
    return { finding, place: place(range) };
  });
  const wide = mistakes.map(({ offset, written, meant }) => {
    const finding: Finding = {
      code: "full-width",
      path: [],
      at: "value",
      params: { written, meant },
      hint: "write-half-width",
    };
    const { line, col: column } = lineCounter.linePos(offset);
    return { finding, place: { line, column, length: 1 } };
  });
  const plain = document.errors.length === 0 ? plainValue(document) : null;
  const senseless = plain?.why
    ? [{ finding: syntaxFinding(plain.why, ""), place: place([0, 0]) }]
    : [];
  return {
    value: plain?.value ?? null,
    text,
    problems: [...wide, ...errors, ...senseless],
    isReadable: plain !== null && plain.why === null,
    locate: (path, at) => place(spotAt(document, path)[at]),
  };
}

/** A key that its map has already. */
function twinKeysIn(document: Document): readonly YAMLError[] {
  const found: YAMLError[] = [];
  const look = (_: unknown, { items }: YAMLMap) => {
    const keys = new Set<unknown>();
    for (const { key } of items) {
      if (!isScalar(key)) continue;
      const [from = 0, to = 0] = key.range ?? [];
      if (!keys.has(key.value)) keys.add(key.value);
      else found.push(new YAMLParseError([from, to], "DUPLICATE_KEY", "Map keys must be unique"));
    }
  };
  visit(document, { Map: look });
  return found;
}

function lineStartsOf(text: string): number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function findingOf(error: YAMLError, document: Document): { finding: Finding; range: Range } {
  const [from, to] = error.pos;
  const path = pathAtOffset(document, from);
  const key = String(path.at(-1) ?? "");
  if (error.code === "DUPLICATE_KEY") {
    const params = { key };
    const finding = { code: "duplicate-key", path, at: "key", params, hint: "remove-one" } as const;
    return { finding, range: [from, from + key.length] };
  }
  const finding = { ...syntaxFinding(error.message, error.code), path };
  const isTab = error.code === "TAB_AS_INDENT";
  return { finding: isTab ? { ...finding, hint: "replace-tab" } : finding, range: [from, to] };
}

function syntaxFinding(why: string, code: string): Finding {
  const params = { why, reason: chineseReason(code) };
  return { code: "yaml-syntax", path: [], at: "value", params, hint: "check-yaml" };
}

/** An object in place of a text: it has no lines. */
export function objectSource(value: object): Source {
  const nowhere = { line: 0, column: 0, length: 0 };
  return { value, text: "", problems: [], isReadable: true, locate: () => nowhere };
}

interface Plain {
  readonly value: unknown;
  /** Why it has no value: its aliases lead nowhere, or without end. */
  readonly why: string | null;
}

function plainValue(document: Document): Plain {
  let aliasCount = 0;
  visit(document, { Alias: () => (++aliasCount > ALIASES_MAX ? visit.BREAK : undefined) });
  if (aliasCount > ALIASES_MAX) return { value: null, why: `more than ${ALIASES_MAX} aliases` };
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const isEndless = isInsideItself(value, new Set());
    return isEndless ? { value: null, why: "an alias names what it is in" } : { value, why: null };
  } catch (error) {
    // The library's only way to say that an alias has no anchor, or too many of them.
    if (!(error instanceof Error)) throw error;
    return { value: null, why: error.message };
  }
}

function isInsideItself(value: unknown, around: Set<unknown>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (around.has(value)) return true;
  around.add(value);
  const parts = Object.values(value);
  const isInside = parts.some((part) => isInsideItself(part, around));
  around.delete(value);
  return isInside;
}
