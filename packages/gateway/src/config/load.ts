import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { checkFile, dataPathOf } from "./check-file.ts";
import type { Catalogue, GatewayConfig } from "./config.ts";
import type { Lang } from "./messages.ts";
import { secretsAt } from "./own-secret.ts";
import { asWritten, type Finding, inWords, type Problem } from "./problem.ts";
import { objectSource, readSource, type Source } from "./source.ts";

/** What a configuration may refer to outside itself. */
export interface ConfigEnvironment {
  /** For `${env:NAME}` and secrets; `process.env` if not given. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Of messages and hints; the system's language if not given. */
  readonly lang?: Lang;
  /** Folders of device models; the shipped ones if not given. */
  readonly profileFolders?: readonly string[];
  /** Where relative paths of an object start; the working folder if not given. */
  readonly directory?: string;
}

/** A configuration with its warnings, or every mistake of it. Nothing starts half. */
export type LoadResult =
  | { readonly config: GatewayConfig; readonly problems: readonly Problem[] }
  | { readonly config: null; readonly problems: readonly Problem[] };

/** Reads and checks a whole configuration: a YAML file, or its content as an object. */
export async function loadConfig(
  given: string | object,
  catalogue: Catalogue,
  environment: ConfigEnvironment = {},
): Promise<LoadResult> {
  if (typeof given === "object") {
    const directory = resolve(environment.directory ?? ".");
    return loadSource(objectSource(given), catalogue, { ...environment, directory });
  }
  try {
    const source = readSource(await readFile(given, "utf8"));
    const directory = dirname(resolve(given));
    return await loadSource(source, catalogue, { ...environment, directory });
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    const params = { file: given, why: error.message };
    const finding = { code: "file-unreadable", path: [], at: "value", params } as const;
    const nowhere = { line: 0, column: 0, length: 0 };
    const words = { lang: environment.lang ?? systemLang(), hide: [] };
    return {
      config: null,
      problems: [inWords({ ...finding, hint: "check-path" }, nowhere, words)],
    };
  }
}

/** The folder of all that a gateway keeps, as its file names it, however wrong all else is. */
export async function dataFolderOf(path: string): Promise<string> {
  const { value } = readSource(await readFile(path, "utf8"));
  return dataPathOf(value, dirname(resolve(path)));
}

/** The same of a text that is in no file yet; its relative paths start at `directory`. */
export async function loadText(
  text: string,
  catalogue: Catalogue,
  environment: ConfigEnvironment & { readonly directory: string },
): Promise<LoadResult> {
  return await loadSource(readSource(text), catalogue, environment);
}

/** The same of a text that was read already. */
export async function loadSource(
  source: Source,
  catalogue: Catalogue,
  environment: ConfigEnvironment & { readonly directory: string },
): Promise<LoadResult> {
  const { directory, variables = process.env, profileFolders } = environment;
  const findings: Finding[] = [];
  const report = (finding: Finding) => void findings.push(finding);
  const part = { value: source.value, directory, variables, profileFolders, catalogue, report };
  const checked = source.isReadable ? await checkFile(part) : null;
  const words = { lang: environment.lang ?? systemLang(), hide: checked?.secrets ?? [] };
  const told = (finding: Finding): Problem => {
    const place = source.locate(finding.path, finding.at);
    const own = secretsAt(source.value, finding.path);
    if (own.length > 0) return inWords(finding, place, { ...words, hide: [...words.hide, ...own] });
    return inWords(asWritten(finding, place, source.text), place, words);
  };
  const missing = new Set(checked?.missing);
  const sayable = findings.filter((finding) => isSayable(finding, missing));
  const problems = [
    ...source.problems.map(({ finding, place }) => inWords(finding, place, words)),
    ...mostImportant(sayable).map(told),
  ].toSorted((a, b) => a.line - b.line || a.column - b.column);
  const isGood = problems.every(({ severity }) => severity === "warning");
  return { config: isGood ? (checked?.config ?? null) : null, problems };
}

/** To look up where each stands takes as long as the file is large. */
const TOLD_MAX = 500;

/** All findings, or of too many those that matter, and how many are left. */
function mostImportant(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= TOLD_MAX) return findings;
  const isWarning = ({ severity }: Finding) => severity === "warning";
  const errorsFirst = [...findings].sort((a, b) => Number(isWarning(a)) - Number(isWarning(b)));
  const count = `${findings.length - TOLD_MAX}`;
  const more: Finding = { code: "and-more", path: [], at: "value", params: { count } };
  return [...errorsFirst.slice(0, TOLD_MAX), { ...more, severity: "warning" }];
}

/** Nothing can be said about a value whose reference is missing but that. */
function isSayable({ code, path }: Finding, missing: ReadonlySet<string>): boolean {
  const isAboutReference = ["missing-secret", "missing-variable", "bad-reference"].includes(code);
  return isAboutReference || !missing.has(JSON.stringify(path));
}

/** Chinese where the system says so, else English. */
export function systemLang(variables: ConfigEnvironment["variables"] = process.env): Lang {
  const locale = variables.LC_ALL || variables.LC_MESSAGES || variables.LANG || "";
  return locale.toLowerCase().startsWith("zh") ? "zh" : "en";
}
