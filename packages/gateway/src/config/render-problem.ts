import type { Lang } from "./messages.ts";
import type { Problem } from "./problem.ts";

/** The file a problem is in, and the language it is told in. */
export interface ProblemScene {
  readonly file: string;
  readonly text: string;
  readonly lang: Lang;
}

/** A problem for a terminal: place, words, the line with a caret, and what to do. */
export function renderProblem(problem: Problem, { file, text, lang }: ProblemScene): string {
  const { line, column, path, message, hint, severity } = problem;
  const place = line > 0 ? `${file}:${line}:${column} ` : "";
  const subject = path === "" ? "" : `${path}: `;
  const warning = severity === "warning" ? warnings[lang] : "";
  const lines = [`${place}${warning}${subject}${message}`];
  const source = text.split("\n")[line - 1]?.trimEnd();
  if (severity === "error" && source) lines.push(...excerpt(problem, source));
  if (hint !== "") lines.push(`  → ${hint}`);
  return `${lines.join("\n")}\n`;
}

const warnings: Readonly<Record<Lang, string>> = { en: "warning: ", zh: "警告：" };
const widthMax = 100;

function excerpt({ line, column, length }: Problem, source: string): readonly string[] {
  const number = `  ${line} | `;
  // A long flow map is shown around the mistake only.
  const from = column > widthMax ? column - widthMax / 2 : 0;
  const shown = source.slice(from, from + widthMax);
  const before = shown.slice(0, column - 1 - from);
  const indent = before.replaceAll(/[^\t]/gu, (character) => " ".repeat(cells(character)));
  const marked = shown.slice(before.length, before.length + length);
  const carets = "^".repeat(
    Math.max(
      1,
      [...marked].reduce((sum, one) => sum + cells(one), 0),
    ),
  );
  return [`${number}${shown}`, `${" ".repeat(number.length - 2)}| ${indent}${carets}`];
}

/** Terminal cells of a character: Chinese ones take two. */
function cells(character: string): number {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(
    character,
  )
    ? 2
    : 1;
}
