import { basename } from "node:path";
import ts from "typescript";
import { lineOf, type Offence, type Rule, walk } from "./tree.ts";

interface WordRule {
  readonly pattern: RegExp;
  readonly in: RegExp;
  readonly todo: string;
}

// Each pattern is written so that it does not match itself.
const CODE = /\.(ts|svelte|sh|ya?ml|json)$|\.ci\/run$/;
const CODE_AND_PROSE = /\.(ts|svelte|sh|md|ya?ml|json)$|\.ci\/run$/;
const WORDS: readonly WordRule[] = [
  { pattern: /sl[a]ve/i, in: CODE_AND_PROSE, todo: "say unit, or unit id" },
  // Three digits of a number's format, XX[X].X, are no such mark.
  {
    pattern: /\b(TO[D]O|FIX[M]E|(?<!X\.)XX[X](?!\.X))\b/,
    in: CODE_AND_PROSE,
    todo: "do it, or leave it out",
  },
  // An attribute of HTML has that name.
  { pattern: /\b(stu[b]s?|place[h]olders?)\b(?!=)/i, in: CODE_AND_PROSE, todo: "build the thing" },
  { pattern: /@ts[-](ignore|nocheck|expect-error)/, in: CODE, todo: "mend the type" },
  { pattern: /biome[-]ignore/, in: CODE, todo: "mend what the linter says" },
  {
    pattern: /\b(test|it|describe|suite)(\.\w+)*\.(skip|only|todo|skipIf|runIf)\b|\bx(it|test)\(/,
    in: /\.ts$/,
    todo: "run every test, or delete it",
  },
  { pattern: /\/wor[k]\/|\/tmp\/bash_job[s]/, in: /./, todo: "name no path of one machine" },
  {
    pattern: /\b(clau[d]e|chatg[p]t|copilo[t]|opena[i]|anthropi[c])\b|\bAI assistan[t]/i,
    in: /./,
    todo: "speak of Headgate alone",
  },
  { pattern: /\bissues? #?\d+\b/i, in: CODE_AND_PROSE, todo: "say the reason itself" },
  {
    pattern: /\bregistr[y]\.[\w-]+\.[a-z]|artifactor[y]|verdacci[o]|tarbal[l]: *http/i,
    in: /./,
    todo: "name no package registry",
  },
];

/** The glossary names the words that are not used. */
const MAY_QUOTE = "docs/glossary.md";

/** Words that are not said here, and silencers that are not used. */
export const avoidsWords: Rule = (files) =>
  files.flatMap(({ path, lines }) => {
    if (path === MAY_QUOTE) return [];
    const rules = WORDS.filter((rule) => rule.in.test(path));
    return lines.flatMap((text, index) =>
      rules.flatMap(({ pattern, todo }) => {
        const found = pattern.exec(text);
        return found ? [{ path, line: index + 1, what: `"${found[0].trim()}"`, todo }] : [];
      }),
    );
  });

const EMPTY_WORDS = /(^|-)(managers?|helpers?|utils?|handlers?|info|misc|common)(-|\.|$)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|svelte)$/;

/** A file is named after what it exports, in kebab-case. */
export const namesFilesWell: Rule = (files) =>
  files.flatMap(({ path, ast }): Offence[] => {
    if (!ast) return [];
    const name = basename(path);
    const todo = "name the file after its main export";
    if (EMPTY_WORDS.test(name)) return [{ path, line: 1, what: "an empty word in its name", todo }];
    return KEBAB.test(name) ? [] : [{ path, line: 1, what: "not in kebab-case", todo }];
  });

/** In SCADA a point is called so; here and in other fields it means a label. */
const POINT_BY_ANOTHER_NAME = /^tags?$|^tag(Id|Ids|Name|Names|Value|Values|List)$/;
/** Elements of XML and fields of protobuf are rightly called so. */
const OTHER_MEANING = /xml|soap|protobuf|\/onvif\//;

/** A point is a point. */
export const callsPointsPoints: Rule = (files) =>
  files.flatMap(({ path, ast }) => {
    if (!ast || OTHER_MEANING.test(path)) return [];
    const offences: Offence[] = [];
    walk(ast, (node) => {
      if (!ts.isIdentifier(node) || !POINT_BY_ANOTHER_NAME.test(node.text)) return;
      const what = `identifier "${node.text}"`;
      offences.push({ path, line: lineOf(ast, node), what, todo: "say point, or label" });
    });
    return offences;
  });
