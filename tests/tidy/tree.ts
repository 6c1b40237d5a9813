import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** A text file of the repository; `ast` is there for TypeScript. */
export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly ast: ts.SourceFile | null;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The file it names; null when that is a library. */
  readonly target: string | null;
}

/** What breaks a rule of the house, where, and what to do. */
export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly todo: string;
}

export type Rule = (files: readonly SourceFile[]) => Offence[];

const BINARY = /\.(png|webp|jpe?g|ico|db|gz|zip|der|pem|p12|bin|pcap|xlsx)$/;

/** Every text file of the repository that is not ignored, committed or not. */
export function readRepository(root: string): readonly SourceFile[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const paths = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  const texts: Record<string, string> = {};
  for (const path of paths) {
    if (path === "" || BINARY.test(path) || !existsSync(join(root, path))) continue;
    texts[path] = readFileSync(join(root, path), "utf8");
  }
  return createTree(texts);
}

/** Files by path, parsed, with their imports resolved. */
export function createTree(texts: Readonly<Record<string, string>>): readonly SourceFile[] {
  const entries = packageEntries(texts);
  return Object.entries(texts).map(([path, text]) => {
    const script = scriptOf(path, text);
    const options = { languageVersion: ts.ScriptTarget.Latest };
    const ast = script === null ? null : ts.createSourceFile(path, script, options, true);
    const resolve = (specifier: string) => {
      if (!specifier.startsWith(".")) return entries.get(specifier) ?? null;
      const target = posix.join(posix.dirname(path), specifier);
      return target in texts ? target : null;
    };
    const imports = ast ? importsOf(ast, resolve) : [];
    return { path, text, lines: text.replace(/\n$/, "").split("\n"), ast, imports };
  });
}

/** TypeScript, on its own lines also where it lies in a component. */
function scriptOf(path: string, text: string): string | null {
  if (path.endsWith(".ts")) return text;
  if (!path.endsWith(".svelte")) return null;
  let end = 0;
  let script = "";
  for (const { 0: block, 1: inside = "", index } of text.matchAll(SCRIPT)) {
    const start = index + block.indexOf(inside, block.indexOf(">"));
    script += text.slice(end, start).replace(/[^\n]/g, "") + inside;
    end = start + inside.length;
  }
  return script;
}

const SCRIPT = /<script[^>]*>([\s\S]*?)<\/script>/g;

/** Public names of the workspace's packages (`@headgate/sync/block`) and the files they name. */
function packageEntries(texts: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const [path, text] of Object.entries(texts)) {
    if (!/^packages\/[^/]+\/package\.json$/.test(path)) continue;
    const { name, exports = {} } = JSON.parse(text) as {
      name: string;
      exports?: Record<string, { "headgate-source"?: string }>;
    };
    for (const [key, conditions] of Object.entries(exports)) {
      const source = conditions["headgate-source"];
      if (source) entries.set(posix.join(name, key), posix.join(posix.dirname(path), source));
    }
  }
  return entries;
}

function importsOf(
  ast: ts.SourceFile,
  resolve: (specifier: string) => string | null,
): readonly Import[] {
  const imports: Import[] = [];
  walk(ast, (node) => {
    const literal = specifierOf(node);
    if (!literal || !ts.isStringLiteralLike(literal)) return;
    const specifier = literal.text;
    imports.push({ specifier, line: lineOf(ast, literal), target: resolve(specifier) });
  });
  return imports;
}

/** Static, dynamic, type and re-exporting imports, and files that a worker is started from. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  const isUrl = ts.isNewExpression(node) && node.expression.getText() === "URL";
  return isUrl ? node.arguments?.[0] : undefined;
}

/** Calls `visit` for the node and all below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The node's line, from 1. */
export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

export const isTest = (path: string) => /\.(test|spec)\.ts$/.test(path);

/** The package a path lies in: `sync` of `packages/sync/src/…`; null outside of all. */
export const packageOf = (path: string) => /^packages\/([^/]+)\//.exec(path)?.[1] ?? null;

/** What runs in production: a package's sources without tests. */
export const isSource = (path: string) => /^packages\/[^/]+\/src\//.test(path) && !isTest(path);
