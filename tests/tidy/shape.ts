import ts from "typescript";
import { isTest, lineOf, type Offence, type Rule, type SourceFile, walk } from "./tree.ts";

const FILE_LINES_MAX = 350;
const FUNCTION_LINES_MAX = 60;
const COLUMNS_MAX = 100;
const PARAMETERS_MAX = 4;
const PROFILE_LINES_MAX = 250;
const SIMULATED_DRIVER_LINES_MAX = 60;

/** A file can be read in one sitting. */
export const hasShortFiles: Rule = (files) =>
  files.flatMap(({ path, lines }) => {
    const max = linesMax(path);
    if (lines.length <= max) return [];
    const what = `${lines.length} lines, at most ${max}`;
    return [{ path, line: max + 1, what, todo: "split it where it says a second thing" }];
  });

function linesMax(path: string): number {
  if (path === "packages/drivers/src/simulated/driver.ts") return SIMULATED_DRIVER_LINES_MAX;
  if (/^firmware-config\/profiles\/.*\.ya?ml$/.test(path)) return PROFILE_LINES_MAX;
  return /\.(ts|svelte|sh|py|c)$/.test(path) ? FILE_LINES_MAX : Number.POSITIVE_INFINITY;
}

/** Two files fit side by side on a screen; an address of the web may be longer. */
export const hasShortLines: Rule = (files) =>
  files.flatMap(({ path, lines }) => {
    if (!/\.(ts|sh|py|c)$/.test(path)) return [];
    return lines.flatMap((text, index) => {
      const columns = [...text].length;
      if (columns <= COLUMNS_MAX || /https?:\/\//.test(text)) return [];
      const what = `${columns} columns, at most ${COLUMNS_MAX}`;
      return [{ path, line: index + 1, what, todo: "break the line" }];
    });
  });

/** A function says one thing. A group of tests, or a contract made of tests, is not one. */
export const hasShortFunctions: Rule = (files) =>
  eachNode(files, (node, file) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || !node.body) return null;
    if (holdsTests(node)) return null;
    const lines = node.getText(file.ast ?? undefined).split("\n").length;
    if (lines <= FUNCTION_LINES_MAX) return null;
    const what = `function of ${lines} lines, at most ${FUNCTION_LINES_MAX}`;
    return { what, todo: "name its steps as functions" };
  });

const SUITE_CALL = /^(describe|test|it|suite)\b/;

function holdsTests(node: ts.Node): boolean {
  let found = false;
  ts.forEachChild(node, (body) =>
    walk(body, (inner) => {
      if (ts.isCallExpression(inner) && SUITE_CALL.test(inner.expression.getText())) found = true;
    }),
  );
  return found;
}

/** Past four parameters nobody knows their order. */
export const hasFewParameters: Rule = (files) =>
  eachNode(files, (node) => {
    if (!ts.isFunctionLike(node) || node.parameters.length <= PARAMETERS_MAX) return null;
    const what = `${node.parameters.length} parameters, at most ${PARAMETERS_MAX}`;
    return { what, todo: "take an object of options" };
  });

/** A fault that is left alone has a reason, written there. */
export const hidesNoFault: Rule = (files) =>
  eachNode(files, (node, { ast, lines }) => {
    if (!isHiding(node) || !ast) return null;
    const first = lineOf(ast, node);
    const last = ast.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const around = lines.slice(Math.max(0, first - 2), last).join("\n");
    if (around.includes("//") || around.includes("*/")) return null;
    return { what: "a catch that hides its fault", todo: "say in a comment why that is right" };
  });

/** `catch {}`, `.catch(() => {})`, `.catch(() => undefined)`, `.catch(() => null)`. */
function isHiding(node: ts.Node): boolean {
  if (ts.isCatchClause(node)) return node.block.statements.length === 0;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [given] = node.arguments;
  if (node.expression.name.text !== "catch" || !given || !ts.isArrowFunction(given)) return false;
  if (ts.isBlock(given.body)) return given.body.statements.length === 0;
  return /^(undefined|null)$/.test(given.body.getText());
}

const TIMERS = /^(globalThis\.)?(setTimeout|setInterval)$/;
const CLOCKS = /^(Date\.now|performance\.now|AbortSignal\.timeout|process\.hrtime(\.bigint)?)$/;
const KEEPS_TIME =
  /^(packages\/model\/src\/system-clock\.ts$|packages\/web\/|tests\/|examples\/)|\/testing\//;

/** Time is lent by `context.clock`, so that a simulation can hold it. */
export const borrowsTime: Rule = (files) =>
  eachNode(files, (node, { path }) => {
    if (KEEPS_TIME.test(path) || isTest(path)) return null;
    const what = takenTime(node);
    return what ? { what: `${what} takes time`, todo: "use context.clock" } : null;
  });

function takenTime(node: ts.Node): string | null {
  if (ts.isNewExpression(node)) {
    const isNow = node.expression.getText() === "Date" && !node.arguments?.length;
    return isNow ? "new Date()" : null;
  }
  if (ts.isImportDeclaration(node)) {
    const from = node.moduleSpecifier.getText().slice(1, -1);
    return /^(node:)?timers(\/promises)?$/.test(from) ? from : null;
  }
  if (!ts.isCallExpression(node)) return null;
  const callee = node.expression.getText();
  return TIMERS.test(callee) || CLOCKS.test(callee) ? callee : null;
}

type Judge = (node: ts.Node, file: SourceFile) => Pick<Offence, "what" | "todo"> | null;

function eachNode(files: readonly SourceFile[], judge: Judge): Offence[] {
  const offences: Offence[] = [];
  for (const file of files) {
    const { ast, path } = file;
    if (!ast) continue;
    walk(ast, (node) => {
      const found = judge(node, file);
      if (found) offences.push({ path, line: lineOf(ast, node), ...found });
    });
  }
  return offences;
}
