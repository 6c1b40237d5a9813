import type { HintCode, ProblemCode } from "./messages.ts";

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
  /** From 1; 0 if the mistake is outside the text. */
  readonly line: number;
  readonly column: number;
  /** How many characters the caret should underline. */
  readonly length: number;
  readonly path: string;
  readonly message: string;
  /** What to do about it. May be empty. */
  readonly hint: string;
}

/** "devices.milk-tank.points.temperature.type". */
export function pathText(path: Path): string {
  return path.join(".");
}
