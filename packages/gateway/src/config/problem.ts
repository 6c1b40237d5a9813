import { type HintCode, hintText, type Lang, messageText, type ProblemCode } from "./messages.ts";

/** Where in the file's tree: ["devices", "milk-tank", "scan"]. */
export type Path = readonly (string | number)[];

/** What is wrong, before it has a place in the text and words. */
export interface Finding {
  readonly code: ProblemCode;
  readonly path: Path;
  /** Point at the key itself or at what it holds. */
  readonly at: "key" | "value";
  readonly params?: Readonly<Record<string, string>>;
  readonly hint?: HintCode;
  readonly severity?: "error" | "warning";
}

/** Takes a finding; checking goes on, so that every mistake of a file is found at once. */
export type Report = (finding: Finding) => void;

/** One mistake in a configuration, with its place, in words. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: ProblemCode;
  /** From 1; 0 if there is no text: an object was given, or the file cannot be read. */
  readonly line: number;
  readonly column: number;
  /** How many characters the caret should underline. */
  readonly length: number;
  /** "devices.milk-tank.points.temperature.type". */
  readonly path: string;
  readonly message: string;
  /** What to do about it. May be empty. */
  readonly hint: string;
}

function pathText(path: Path): string {
  return path.join(".");
}

interface Words {
  readonly lang: Lang;
  /** Texts that must not be shown. */
  readonly hide: readonly string[];
}

/** A finding as people read it. What is secret stays so. */
export function inWords(
  finding: Finding,
  place: Pick<Problem, "line" | "column" | "length">,
  { lang, hide }: Words,
): Problem {
  const { code, path, hint, severity = "error" } = finding;
  // Found values are shown as JSON, where quotes are escaped; a secret may hold another one.
  const hidden = hide
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length);
  const mask = (text: string) =>
    hidden.reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
  const entries = Object.entries(finding.params ?? {}).map(([key, value]) => [key, mask(value)]);
  const params = Object.fromEntries(entries);
  return {
    severity,
    code,
    ...place,
    path: pathText(path),
    message: messageText(code, lang, params),
    hint: hint ? hintText(hint, lang, params) : "",
  };
}

/** What stands there, where YAML reads a number that was meant as a text: 05, not 5. */
export function asWritten(
  finding: Finding,
  { line, column, length }: Pick<Problem, "line" | "column" | "length">,
  text: string,
): Finding {
  if (finding.hint !== "write-text") return finding;
  const written = (text.split("\n", line)[line - 1] ?? "").slice(column - 1, column - 1 + length);
  if (!/^[-+.\w]+$/.test(written) || !/^[-+.\de]+$/.test(finding.params?.value ?? ""))
    return finding;
  return { ...finding, params: { ...finding.params, found: written, value: written } };
}
